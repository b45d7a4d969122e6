export async function clientLibraries(..._: unknown[]): Promise<void> {}
