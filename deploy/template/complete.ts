import { restrictAccess, useDomain } from './access.ts';
import { addAlarms } from './alarms.ts';
import { deployApi } from './api-deployment.ts';
import { addDashboard } from './dashboard.ts';
import { traceFunctions, useVpc } from './functions.ts';
import { addQueries } from './queries.ts';
import { admitProducers, retainEvidence } from './queues.ts';
import { checkSizes } from './sizes.ts';
import type { Compiled } from './template.ts';

/** Completes the template with what the parameters ask for, and with what is made for each function or queue that there is. */
export function completeTemplate(compiled: Compiled): void {
  useVpc(compiled);
  traceFunctions(compiled);
  restrictAccess(compiled);
  useDomain(compiled);
  admitProducers(compiled);
  retainEvidence(compiled);
  checkSizes(compiled);
  addAlarms(compiled);
  addDashboard(compiled);
  addQueries(compiled);
  // Last, as its name is made of what was changed before.
  deployApi(compiled);
}
