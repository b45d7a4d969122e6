import { parsePageConfig } from '../lib/console/config.ts';
import { pageHandler, readPage } from '../lib/console/page.ts';

/** The page for people (docs/console.md), deployed where the parameter console is on. Its routes are open: it knows nothing but the page. */
export const handler = pageHandler(await readPage(new URL('./page/', import.meta.url)), parsePageConfig(process.env));
