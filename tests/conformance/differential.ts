export async function differential(..._: unknown[]): Promise<void> {}
