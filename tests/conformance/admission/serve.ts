/** The local gateway with the handlers of a folder of its own: DIST_DIR. Otherwise as local/gateway.ts. */
import { startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { readCallers } from '../../../local/callers.ts';
import { endOnSignals } from '../../../local/process.ts';

const { PORT: port, DIST_DIR: distDir = '', AUTH_TOKENS: tokens = '' } = process.env;
const gateway = await startApiGateway({ port: Number(port), distDir, auth: await readCallers(tokens) });
endOnSignals(() => gateway.close());
