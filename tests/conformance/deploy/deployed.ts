/** The gateway as it was deployed: the code and the configuration that moto has of its functions, behind API Gateway of this machine. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { awsEnvironment } from '../../../local/aws/aws-environment.ts';
import { makeCertificate } from '../../../local/certificate.ts';
import { anyKey } from '../moto.ts';
import { must } from '../processes.ts';
import type { Template } from './fit.ts';
import type { Services } from './services.ts';

/** What the functions need of the world. */
export interface World {
  folder: string;
  moto: string;
  services: Services;
  /** The CCI on this machine, which stands for that which is deployed for, and the file of its certificate. */
  cci: string;
  trusted: string;
}

/** A CCI at https://127.0.0.1, before one that speaks HTTP. `trusted` is the file of its certificate. */
export async function overTls(url: string, folder: string) {
  const certificate = makeCertificate({ days: 1 });
  const trusted = join(folder, 'cci.pem');
  await writeFile(trusted, certificate.cert);
  const { port } = new URL(url);
  const server = createTlsServer(certificate, (socket) => {
    const onward = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [[socket, onward] as const, [onward, socket] as const]) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `https://127.0.0.1:${address.port}`, trusted, close: async () => void server.close() };
}

/**
 * Starts it, for everybody, with what the last deployment of `template` left in moto: each function in a process of its own, with the variables
 * of its configuration and Lambda's own.
 */
export async function startDeployed({ folder, moto, services, cci, trusted }: World, { Resources }: Template) {
  const children: { kill(): unknown }[] = [];
  const [bucket = ''] = await services.buckets();
  const load = async ({ name }: { name: string }) => {
    const { Handler = '', Environment, CodeSha256 } = await services.configuration(name);
    const id = `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`;
    const { zip, sha256 } = await services.code(bucket, Resources[id]?.Properties?.Code.S3Key);
    if (sha256 !== CodeSha256) throw new Error(`${name} does not have the code of its deployment`);
    const target = join(folder, `${name}-${Date.now()}`);
    await writeFile(`${target}.zip`, zip);
    await must('python3', ['-m', 'zipfile', '-e', `${target}.zip`, target]);
    const child = fork(new URL('./function.ts', import.meta.url), [join(target, Handler.replace(/\.handler$/, '.mjs'))], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...awsEnvironment(anyKey.accessKeyId, anyKey.secretAccessKey),
        AWS_ENDPOINT_URL: moto,
        NODE_EXTRA_CA_CERTS: trusted,
        AWS_LAMBDA_FUNCTION_NAME: name,
        ...Environment?.Variables,
        // A deployment for a loopback is refused.
        ...(Environment?.Variables?.CCI_ENDPOINT && { CCI_ENDPOINT: cci }),
      },
    });
    children.push(child);
    return async (event: object): Promise<unknown> => {
      child.send(event);
      const [result] = await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended`))),
      ]);
      return result;
    };
  };
  const gateway = await startApiGateway({ port: 0, auth: 'none', watch: 'off', load });
  return {
    url: gateway.url,
    async close() {
      for (const child of children) child.kill();
      await gateway.close();
    },
  };
}
