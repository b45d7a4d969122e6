/** A handler that does nothing: what is left is the runtime. */
export const handler = async () => ({ statusCode: 200, headers: {}, body: '{}', isBase64Encoded: false });
