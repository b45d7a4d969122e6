export async function yamlSuite(..._: unknown[]): Promise<void> {}
