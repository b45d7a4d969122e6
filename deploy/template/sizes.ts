import { type Compiled, ofType } from './template.ts';

/** Bytes that AWS has room for, in a function's variables and in a policy of an API and of an event bus. */
const room = { variables: 4096, api: 8192, bus: 10_240 };

/** Throws where parameters that are long together make something larger than AWS takes: CloudFormation would find that out in the midst of it. */
export function checkSizes(compiled: Compiled): void {
  for (const [id, { Properties }] of ofType(compiled, 'AWS::Lambda::Function')) {
    const name = id.charAt(0).toLowerCase() + id.slice(1).replace(/LambdaFunction$/, '');
    check(`the variables of ${name} take`, 'Lambda', Properties.Environment?.Variables, room.variables);
  }
  for (const [, { Properties }] of ofType(compiled, 'AWS::ApiGateway::RestApi'))
    check("the API's resource policy takes", 'API Gateway', Properties.Policy, room.api);
  for (const [, { Properties }] of ofType(compiled, 'AWS::Events::EventBusPolicy'))
    check("the bus's policy takes", 'EventBridge', Properties.Statement, room.bus);
}

function check(what: string, service: string, value: unknown, most: number): void {
  const size = Buffer.byteLength(JSON.stringify(value ?? {}));
  if (size > most) throw new Error(`${what} ${size} bytes, and ${service} has room for ${most}: shorten what they are made of`);
}
