import { discoveryDocuments } from '../lib/discovery/documents.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { answerDocument, negotiateDocument, routeToDocument } from '../lib/http/document.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { logRequest } from '../lib/http/log.ts';
import { respond } from '../lib/http/respond.ts';
import { policiesDigest } from '../lib/policy/load.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseLayout } from '../lib/runtime/config.ts';

/** What a Kubernetes client asks about the gateway itself: its version, its kinds and their schemas. It needs no secret and no CCI. */
export const handler = chain(normalizeEvent)
  .use(logRequest())
  .use(respond())
  .use(requireCaller())
  .use(routeToDocument(discoveryDocuments(parseLayout(process.env), policiesDigest)))
  .use(negotiateDocument())
  .handler(answerDocument);
