import { detailType } from '../../lib/events/schema.ts';
import { wordsOf } from '../parameters/schema.ts';
import { accountRoot } from './access.ts';
import { add, type Compiled } from './template.ts';

/** With eventProducerAccounts: other accounts may put requests on the bus. Results they may not, or they could make up an answer. */
export function admitProducers(compiled: Compiled): void {
  const accounts = wordsOf(compiled.values.eventProducerAccounts);
  if (accounts.length === 0) return;
  add(compiled, {
    JobEventBusPolicy: {
      Type: 'AWS::Events::EventBusPolicy',
      Properties: {
        EventBusName: { Ref: 'JobEventBus' },
        StatementId: 'producers',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: accounts.map(accountRoot) },
          Action: 'events:PutEvents',
          Resource: { 'Fn::GetAtt': ['JobEventBus', 'Arn'] },
          Condition: { StringEquals: { 'events:detail-type': detailType } },
        },
      },
    },
  });
}

/** What holds evidence stays when the stack is removed or makes another: logs, which have the audit events, and what could not be done. */
export function retainEvidence({ template }: Compiled): void {
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (resource.Type === 'AWS::Logs::LogGroup' || (resource.Type === 'AWS::SQS::Queue' && /DeadLetters$|Undelivered$/.test(id))) {
      resource.DeletionPolicy = 'Retain';
      resource.UpdateReplacePolicy = 'Retain';
    }
  }
}
