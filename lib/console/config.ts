import * as v from 'valibot';
import { endpointMistake, parseEnvironment, parseLayout } from '../runtime/config.ts';

/** What the page is told; nothing of it is a secret, since anybody may read it. */
export interface PageSettings {
  layout: string;
  issuer?: string;
  clientId?: string;
  scope?: string;
  namespaces?: string[];
}
/** The configuration of the page. */
export interface PageConfig {
  settings: PageSettings;
  /** Where else than to the gateway the page may send requests: the origins of the issuer. */
  origins: string[];
}

/** Words with spaces or commas between them. */
const words = v.pipe(
  v.string(),
  v.transform((text) => text.split(/[\s,]+/).filter((word) => word !== '')),
);
const address = v.pipe(
  v.string(),
  v.check((text) => endpointMistake(text) === undefined, 'must be https (http only on loopback), without userinfo, query or fragment'),
);
/** The page's own variables. */
export const pageVariables = {
  CONSOLE_CLIENT_ID: v.optional(v.string()),
  CONSOLE_SCOPE: v.optional(v.string(), 'openid'),
  CONSOLE_NAMESPACES: v.optional(words, ''),
  CONSOLE_ORIGINS: v.optional(v.pipe(words, v.array(address)), ''),
};
const Environment = v.pipe(
  v.looseObject({ OIDC_ISSUER: v.optional(address), ...pageVariables }),
  v.check(
    (env) => (env.OIDC_ISSUER === undefined) === (env.CONSOLE_CLIENT_ID === undefined),
    'needs both OIDC_ISSUER and CONSOLE_CLIENT_ID, or neither',
  ),
);

/** Reads the configuration of the page: without an issuer nobody is sent to log in. Throws ConfigError as parseEnvironment does. */
export function parsePageConfig(env: Record<string, string | undefined>): PageConfig {
  const layout = parseLayout(env);
  const { OIDC_ISSUER: issuer, CONSOLE_CLIENT_ID: clientId, ...output } = parseEnvironment(Environment, env);
  const { CONSOLE_SCOPE: scope, CONSOLE_NAMESPACES: namespaces, CONSOLE_ORIGINS: others } = output;
  const login = issuer !== undefined && clientId !== undefined ? { issuer, clientId, scope } : {};
  return {
    settings: { layout, ...login, ...(namespaces.length > 0 && { namespaces }) },
    origins: [...(issuer === undefined ? [] : [issuer]), ...others].map((text) => new URL(text).origin),
  };
}
