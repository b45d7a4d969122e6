import type { Layout } from '../../lib/job/fields.ts';

/** What the page is told of its deployment: nothing but what anybody may know. */
export interface Settings {
  layout: Layout;
  /** The OpenID Connect issuer and this page's client there; without them nobody is sent to log in. */
  issuer?: string;
  clientId?: string;
  scope?: string;
  /** Which namespaces are offered to who may not list all. */
  namespaces?: string[];
}

/** Where the gateway's API is: above the folder of the page's own files, whatever stage or base path stands before it. */
export const root = new URL('..', import.meta.url).href.replace(/\/$/, '');
/** The page itself, as it is registered with the issuer. */
export const pageAddress = `${root}/console`;

/** The settings that index.html holds. */
export const settings: Settings = {
  layout: 'cci',
  ...(JSON.parse(document.querySelector<HTMLMetaElement>('meta[name=settings]')?.content || '{}') as Partial<Settings>),
};
