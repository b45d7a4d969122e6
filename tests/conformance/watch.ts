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

/** Watches by unmodified clients in both layouts. How clients recover does not depend on the layout. */
export async function watchSuite(tools: Tools, stages: readonly Stage[]): Promise<void> {
  for (const { cluster, folder } of stages) {
    say(`watch, ${cluster.layout} layout`);
    const between = await startBetween(cluster.endpoint);
    // The newest kind of a layout.
    const kind = kinds[cluster.layout].at(-1) as Kind;
    try {
      const environment = { WATCH: 'on', CCI_ENDPOINT: between.url };
      const gateway = await startGateway(cluster, folder, { name: `watch-${cluster.layout}`, environment });
      try {
        const stage = { cluster, gateway, between, kind, folder };
        await kubectlWatch(tools, stage);
        await manyChanges(tools, stage);
        if (cluster.layout === 'cci') await recoveries(tools, stage);
      } finally {
        await gateway.stop();
      }
    } finally {
      await between.close();
    }
  }
}
