/** What stands before moto while the framework deploys: it hands on everything, and fits the templates of change sets to moto. */
import { createServer, type ServerResponse } from 'node:http';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { close, listen, readBody } from '../../../local/http.ts';
import { anyKey, region } from '../moto.ts';
import { actionOf } from './actions.ts';
import { fitted, type Known, type Template } from './fit.ts';

/** A change set that was asked for: as the framework wrote it. */
export interface ChangeSet {
  type: string;
  importsExisting: boolean;
  template: Template;
}
/** The front of moto. */
export interface DeployFront {
  readonly url: string;
  /** Every change set since the start. */
  readonly changeSets: ChangeSet[];
  /** By logical id, what was taken in instead of made, in the stack that there is. */
  readonly imported: Record<string, Known>;
  /** Every action that the framework itself asked for, as IAM names it. */
  readonly actions: Set<string>;
  close(): Promise<void>;
}

/** Headers of one connection, or of a body that is written anew. */
const ofConnection = /^(host|connection|expect|content-length|content-encoding|transfer-encoding)$/;
/** The bucket of fitted templates, which no deployment sees. */
const shelf = 'fitted-templates';

/**
 * Starts it. moto 5.2.5 knows nothing of ImportExistingResources: in its place, a log that the template names, that `existing` finds, and that
 * the stack does not have yet is taken in, as CloudFormation documents it.
 */
export async function startDeployFront(moto: string, existing: (logGroup: string) => Promise<string | undefined>): Promise<DeployFront> {
  const s3 = new S3Client({ endpoint: moto, region, credentials: anyKey, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: shelf }));
  let inStack = new Set<string>();
  const names = new Map<string, string>();
  const left: Template['Resources'] = {};
  let stacks = 0;
  let fittedUrl = '';
  let executedAt = new Date(0);
  const importable = async ({ Resources }: Template): Promise<void> => {
    for (const [id, { Type, DeletionPolicy, Properties }] of Object.entries(Resources)) {
      if (Type !== 'AWS::Logs::LogGroup' || DeletionPolicy !== 'Retain' || inStack.has(id)) continue;
      const Arn = await existing(Properties?.LogGroupName);
      if (Arn !== undefined) front.imported[id] = { Ref: Properties?.LogGroupName, Arn };
    }
  };
  /** moto takes away what is to be retained when it leaves the template; here it stays in. */
  const keepRetained = ({ Resources }: Template): void => {
    const before = front.changeSets.at(-2)?.template.Resources ?? {};
    for (const [id, resource] of Object.entries(before))
      if (inStack.has(id) && resource.DeletionPolicy === 'Retain' && !(id in Resources)) left[id] = resource;
  };
  const nameOf = (stack: string) => (id: string) => {
    names.set(id, names.get(id) ?? `${stack}-${id}-${stacks}.fifo`);
    return names.get(id) as string;
  };
  /** Writes the fitted template beside the one of the change set, and returns the form that names it. */
  const changeSet = async (form: URLSearchParams): Promise<URLSearchParams> => {
    const [, Bucket, Key] = /^\/([^/]+)\/(.+)$/.exec(new URL(form.get('TemplateURL') ?? 'https://none').pathname) ?? [];
    const written = form.get('TemplateBody') ?? (await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString());
    const template: Template = JSON.parse(written ?? '');
    const importsExisting = form.get('ImportExistingResources') === 'true';
    front.changeSets.push({ type: form.get('ChangeSetType') ?? '', importsExisting, template });
    keepRetained(template);
    if (importsExisting) await importable(template);
    inStack = new Set([...Object.keys(left), ...Object.keys(template.Resources)]);
    const text = JSON.stringify(
      fitted({ ...template, Resources: { ...left, ...template.Resources } }, front.imported, nameOf(form.get('StackName') ?? '')),
    );
    const changed = new URLSearchParams(form);
    if (form.has('TemplateBody')) changed.set('TemplateBody', text);
    else {
      await s3.send(new PutObjectCommand({ Bucket: shelf, Key, Body: text }));
      fittedUrl = `https://s3.amazonaws.com/${shelf}/${Key}`;
      changed.set('TemplateURL', fittedUrl);
    }
    return changed;
  };
  const forget = (): void => {
    stacks += 1;
    inStack = new Set();
    names.clear();
    for (const kept of [front.imported, left]) for (const id of Object.keys(kept)) delete kept[id];
  };

  /** What moto is asked, and whether its answer is to be given as it is. */
  const asked = async (form: URLSearchParams): Promise<URLSearchParams> => {
    const action = form.get('Action');
    if (action === 'CreateChangeSet') return changeSet(form);
    if (action === 'DeleteStack') forget();
    if (action === 'ExecuteChangeSet') executedAt = new Date();
    // moto carries an update out either way, but by a change set it forgets the stack's outputs.
    if (action !== 'ExecuteChangeSet' || front.changeSets.at(-1)?.type !== 'UPDATE') return form;
    return new URLSearchParams({ Action: 'UpdateStack', StackName: form.get('StackName') ?? '', TemplateURL: fittedUrl });
  };
  const server = createServer(async (request, response) => {
    const { method = '', url = '/', headers } = request;
    const received = (await readBody(request, 64 * 1024 * 1024)) ?? Buffer.alloc(0);
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    const form = isForm ? new URLSearchParams(received.toString()) : undefined;
    front.actions.add(actionOf(method, url, headers, form));
    try {
      const body = form ? Buffer.from((await asked(form)).toString()) : received;
      const sent = Object.entries(headers as Record<string, string>).filter(([name]) => !ofConnection.test(name));
      const answer = await fetch(`${moto}${url}`, { method, headers: sent, ...(body.length > 0 && { body }) });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const action = form?.get('Action');
      // moto stumbles over a change set that is not there; AWS has nothing against it.
      if (answer.status === 500 && action === 'DeleteChangeSet') return reply(response, 200, 'text/xml', '<DeleteChangeSetResponse/>');
      if (answer.ok && action === 'ExecuteChangeSet') return reply(response, 200, 'text/xml', '<ExecuteChangeSetResponse/>');
      if (/^\/2015-03-31\/functions\/[^/]+$/.test(url))
        return reply(response, answer.status, 'application/json', withTime(bytes, executedAt));
      const own = [...answer.headers].filter(([name]) => !ofConnection.test(name));
      const length = method === 'HEAD' ? (answer.headers.get('content-length') ?? '0') : String(bytes.length);
      response.writeHead(answer.status, { ...Object.fromEntries(own), 'content-length': length }).end(bytes);
    } catch (error) {
      const message = (error as Error).message.replaceAll(/[<>&]/g, ' ');
      reply(
        response,
        400,
        'text/xml',
        `<ErrorResponse><Error><Code>FrontFailed</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    }
  });
  const front: DeployFront = { url: await listen(server, 0), changeSets: [], imported: {}, actions: new Set(), close: () => close(server) };
  return front;
}

/**
 * A function as Lambda tells it, modified when the last change set was executed: CloudFormation updates every function with each, as its code
 * lies at another place. moto updates them too, and leaves the time as it was, from which the framework would take that a deployment has failed.
 */
function withTime(body: Buffer, LastModified: Date): string {
  const told = JSON.parse(body.toString());
  return JSON.stringify({ ...told, ...(told.Configuration && { Configuration: { ...told.Configuration, LastModified } }) });
}

function reply(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
