/** Integration tests run the bundles that are deployed, so they are built first. */
export default async function setup(): Promise<void> {
  await import('../scripts/build.ts');
}
