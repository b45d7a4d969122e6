/** The page's client at the issuer. Without bearer tokens a browser could not call the gateway, so console=on is refused there. */
module.exports = async ({ resolveVariable }) => {
  if ((await resolveVariable('param:auth')) !== 'jwt')
    throw new Error('console=on needs auth=jwt: a browser cannot sign as aws_iam asks for');
  const client = await resolveVariable('param:consoleClientId');
  if (client === '')
    throw new Error('console=on needs consoleClientId, the id of the page’s own client at the issuer; it belongs into oidcAudience, too');
  const audiences = (await resolveVariable('param:oidcAudience')).split(',').map((one) => one.trim());
  if (!audiences.includes(client))
    throw new Error(`the page's tokens are for ${client}: name it in oidcAudience, with a comma after the others`);
  return client;
};
