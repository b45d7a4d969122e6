import { FirehoseClient, PutRecordCommand } from '@aws-sdk/client-firehose';
import type { Layout } from '../job/fields.ts';
import type { AuditPolicy } from '../policy/manifests.ts';
import { awsErrorNote } from '../runtime/aws-error.ts';
import { ConfigError } from '../runtime/config.ts';
import { omittedWrites } from './strict-policy.ts';
import type { Sink } from './trail.ts';

/** For each record, its repetitions included: a write waits for it, and an answer for the last. */
const sendTimeout = 2000;
const attemptTimeout = 900;

/** What the stream itself does not know: how to print, what to throw where nothing may be written, whom to tell that an event is missing. */
export interface Ways {
  print: Sink;
  refusal(note: object): Error;
  untold(note: Record<string, unknown>): void;
}

/**
 * Takes events of writes to a Firehose delivery stream (region and endpoint by the SDK's own variables), after they have been printed. The
 * promise of a RequestReceived rejects with 503 where the stream does not acknowledge it. Any later stage tells of what is done already:
 * its failure is told. Throws ConfigError where no stream is named, and for a policy that leaves
 * out anything of a write.
 */
export function strictSink(stream: string, policy: AuditPolicy | undefined, layout: Layout, ways: Ways): Sink {
  const omitted = policy ? omittedWrites(policy, layout) : [];
  const mistakes = omitted.map((what) => `AUDIT is strict, and the audit policy ${what}`);
  if (stream === '') mistakes.push('AUDIT_STREAM is missing');
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const requestHandler = { connectionTimeout: attemptTimeout, requestTimeout: attemptTimeout, throwOnRequestTimeout: true };
  const firehose = new FirehoseClient({ requestHandler });
  const put = async (line: string): Promise<void> => {
    const record = { Data: Buffer.from(`${line}\n`) };
    const command = new PutRecordCommand({ DeliveryStreamName: stream, Record: record });
    const { RecordId } = await firehose.send(command, { abortSignal: AbortSignal.timeout(sendTimeout) });
    // Whatever else answered 200, the stream gives each record that it took an id.
    if (!RecordId) throw new Error('no id of a record');
  };
  return (line, of) => {
    ways.print(line, of);
    if (!of.isWrite) return undefined;
    return put(line).catch((error: unknown) => {
      const note = { reason: 'the audit stream did not acknowledge', ...awsErrorNote(error) };
      if (of.stage === 'RequestReceived') throw ways.refusal(note);
      ways.untold({ stage: of.stage, note });
    });
  };
}
