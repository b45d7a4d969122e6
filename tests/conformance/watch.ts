import type { Cluster } from './cluster.ts';
import { type Kind, kinds } from './crds.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { say } from './report.ts';
import type { Stage } from './run.ts';
import type { Tools } from './tools.ts';
import { type Between, startBetween } from './watch/between.ts';
import { manyChanges, recoveries } from './watch/changes.ts';
import { kubectlWatch } from './watch/kubectl.ts';

/** Where watches are tested: a gateway that serves them, before something that ends and spoils them, before an API server. */
export interface WatchStage {
  cluster: Cluster;
  gateway: Gateway;
  between: Between;
  kind: Kind;
  folder: string;
}

/** Watches by unmodified clients, in the layout of CCI. */
export async function watchSuite(tools: Tools, stages: readonly Stage[]): Promise<void> {
  say('watch');
  const { cluster, folder } = stages[0] as Stage;
  const between = await startBetween(cluster.endpoint);
  const kind = kinds[cluster.layout][1] as Kind;
  try {
    const environment = { WATCH: 'on', CCI_ENDPOINT: between.url };
    const gateway = await startGateway(cluster, folder, { name: 'watch', environment });
    try {
      const stage = { cluster, gateway, between, kind, folder };
      await kubectlWatch(tools, stage);
      await manyChanges(tools, stage);
      await recoveries(tools, stage);
    } finally {
      await gateway.stop();
    }
  } finally {
    await between.close();
  }
}
