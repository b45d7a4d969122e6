/**
 * A deployment's life in moto, an emulator of AWS: `npx serverless` deploys, changes, rolls back, removes and deploys again, and each service
 * is asked what it then has. Runnable alone. What moto's CloudFormation cannot do is in deploy/fit.ts, and is checked here.
 */
import { deepStrictEqual as expect, match, ok } from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { startSimulator } from '../../local/cci/simulator.ts';
import { credential } from '../credentials.ts';
import { type Given, makeCheckout, stack } from './deploy/checkout.ts';
import { checkFunctions, checkQueues, checkRoutes } from './deploy/checks.ts';
import { overTls, startDeployed } from './deploy/deployed.ts';
import { notCreated, notDeleted, notUpdated } from './deploy/fit.ts';
import { startDeployFront } from './deploy/front.ts';
import { servicesOf } from './deploy/services.ts';
import { cloudFormationModels, secretsClient, startMoto } from './moto.ts';
import { killAll, type Output, whenStopped } from './processes.ts';
import { checked, say, summary } from './report.ts';

const part = 'moto-deploy';
const key = { accessKey: credential('deploy-ak'), secretKey: credential('deploy-sk') };
const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-moto-deploy-'));
whenStopped(() => rm(folder, { recursive: true, force: true }));
const stops: (() => Promise<void>)[] = [];

/** Whoever asks gets it (STS), or the framework goes on without it. */
const notGranted = ['ecr:DescribeRepositories', 'sts:GetCallerIdentity'];

/** A framework's run that must succeed; what it said. */
function done({ code, stdout, stderr }: Output): string {
  if (code !== 0) throw new Error(`it ended with ${code}: ${`${stdout}${stderr}`.slice(-3000)}`);
  return `${stdout}${stderr}`;
}

try {
  const moto = await startMoto(folder);
  stops.push(moto.stop);
  const services = servicesOf(moto.url);
  const front = await startDeployFront(moto.url, async (name) => (await services.logGroupArns())[name]);
  stops.push(front.close);
  const simulator = await startSimulator(key);
  stops.push(simulator.close);
  const cci = await overTls(simulator.url, folder);
  stops.push(cci.close);
  await secretsClient(moto.url).send(new CreateSecretCommand({ Name: 'tfjob-gateway/cci', SecretString: JSON.stringify(key) }));
  const checkout = await makeCheckout(join(folder, 'checkout'), front.url);
  await checkout.build();

  const simple: Given = { cciEndpoint: 'https://cci.example.com' };
  const tokens: Given = {
    ...simple,
    ...{ auth: 'jwt', oidcIssuer: 'https://issuer.example.com', oidcAudience: 'gateway', authorization: 'allow-authenticated' },
  };
  const arn = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';
  const all: Given = {
    ...{ ...tokens, rotation: 'on', domainName: 'jobs.example.com', certificateArn: arn },
    ...{ vpcSubnetIds: 'subnet-12345678', vpcSecurityGroupIds: 'sg-12345678' },
  };
  /** With this a package has every type of resource. */
  const everything: Given = {
    ...{ audit: 'strict', tracing: 'on', watch: 'on', watchConcurrency: '5', eventProducerAccounts: '123456789013' },
    ...{ apiGatewayLogRole: 'create', console: 'on', consoleClientId: 'page', oidcAudience: 'gateway,page' },
  };
  const template = () => {
    const { template: last } = front.changeSets.at(-1) ?? {};
    if (!last) throw new Error('nothing was deployed');
    return last;
  };
  /** Deploys, and checks that it did something. */
  const deploy = async (given: Given): Promise<void> => {
    const before = front.changeSets.length;
    match(done(await checkout.serverless(['deploy'], given)), /Service deployed to stack/);
    ok(front.changeSets.length > before, 'it deployed nothing');
  };
  const smoke = async (): Promise<Output> => {
    const deployed = await startDeployed({ folder, moto: moto.url, services, cci: cci.url, trusted: cci.trusted }, template());
    try {
      return await checkout.smoke(['--url', deployed.url, '--job', 'tfjobs/kube-test/tfjob-test']);
    } finally {
      await deployed.close();
    }
  };

  say('a first deployment');
  await checked(part, 'npx serverless deploy makes the stack, and the same again is none', async () => {
    await deploy(simple);
    const before = front.changeSets.length;
    match(done(await checkout.serverless(['deploy'], simple)), /No changes to deploy/);
    expect(front.changeSets.length, before);
  });
  await checked(part, 'everything in the template is in the stack, but what moto cannot make', async () => {
    const made = (await services.resources()).map(([, type]) => type).sort();
    const types = Object.values(template().Resources).map(({ Type }) => Type);
    expect(made, types.filter((type) => !notCreated.includes(type)).sort());
  });
  await checked(part, 'each function has its code, handler, time, memory and variables', () => checkFunctions(services, template()));
  await checked(part, 'each route has its function, and IAM decides who calls it', () =>
    checkRoutes(services, template(), ['AWS_IAM', false]),
  );
  await checked(part, 'queues, their redrive, the bus, its rule and the pollers are there', () => checkQueues(services));
  await checked(part, 'each log keeps its lines for 30 days, and the dashboard is there', async () => {
    const logs = await services.logGroups();
    const named = (await services.functions()).map((name) => `/aws/lambda/${name}`);
    expect(logs, Object.fromEntries([...named, '/tfjob-gateway/try/access'].map((name) => [name, 30])));
    expect(await services.dashboards(), [`${stack}-us-east-1`]);
  });
  await checked(part, 'npm run smoke finds nothing wrong with what was deployed', async () => match(done(await smoke()), /All is well\./));
  await checked(part, 'the framework itself makes no stage of the API: that is the template', async () =>
    expect(await services.stages(), []),
  );
  const [first = ''] = await services.deployments();

  say('policies, and back');
  await checked(part, 'other policies and other parameters are deployed, and npm run smoke finds them', async () => {
    await checkout.build('docs/policies/only-ttl');
    await deploy({ ...simple, memorySize: '1024', logLevel: 'WARN' });
    await checkFunctions(services, template());
    match(done(await smoke()), /policies: sha256:[0-9a-f]{64}\n/);
  });
  await checked(part, 'npx serverless rollback brings code, policies and parameters back, and npm run smoke says so', async () => {
    match(done(await checkout.serverless(['deploy', 'list'])), new RegExp(first));
    match(done(await checkout.serverless(['rollback', '--timestamp', first])), /Service rolled back/);
    await checkFunctions(services, template());
    const { MemorySize, Environment } = await services.configuration('replaceJob');
    expect([MemorySize, Environment?.Variables?.POWERTOOLS_LOG_LEVEL], [512, 'INFO']);
    const { code, stdout } = await smoke();
    expect(code, 1);
    match(stdout, /WRONG {2}policies: none answers, but sha256:[0-9a-f]{64} was built/);
  });
  await checked(part, 'what was rolled back is deployed again by --force alone', async () => {
    const again = { ...simple, memorySize: '1024', logLevel: 'WARN' };
    match(done(await checkout.serverless(['deploy'], again)), /No changes to deploy/);
    match(done(await checkout.serverless(['deploy', '--force'], again)), /Service deployed to stack/);
    await checkFunctions(services, template());
    match(done(await smoke()), /All is well\./);
  });

  say('auth, rotation, VPC, domain');
  await checked(part, 'auth=jwt: every route asks for the authorizer, and counts by caller', async () => {
    await deploy(tokens);
    await checkRoutes(services, template(), ['CUSTOM', true]);
    await checkFunctions(services, template());
    const { Environment } = await services.configuration('authorizer');
    expect([Environment?.Variables?.OIDC_ISSUER, Environment?.Variables?.OIDC_AUDIENCE], ['https://issuer.example.com', 'gateway']);
  });
  await checked(part, 'rotation, a VPC and a domain: the functions have them, and the same again is none', async () => {
    await deploy(all);
    await checkFunctions(services, template());
    ok((await services.functions()).includes(`${stack}-rotateCredentials`), 'no function rotates');
    for (const [name, isInside] of Object.entries({
      replaceJob: true,
      jobEvent: true,
      authorizer: true,
      discovery: false,
      notFound: false,
    }))
      expect([name, (await services.configuration(name)).VpcConfig?.SubnetIds ?? []], [name, isInside ? ['subnet-12345678'] : []]);
    const { ApiDomain, ApiDomainMapping } = template().Resources;
    expect([ApiDomain?.Properties?.DomainName, ApiDomainMapping?.Type], ['jobs.example.com', 'AWS::ApiGateway::BasePathMapping']);
    match(done(await checkout.serverless(['deploy'], all)), /No changes to deploy/);
  });
  const evidence = {
    logs: await services.logGroups(),
    queues: (await services.queues()).filter((name) => /DeadLetters|Undelivered/.test(name)),
  };
  await checked(
    part,
    'a roll back over all of it leaves IAM to decide and no function besides, and the logs of those that went',
    async () => {
      done(await checkout.serverless(['rollback', '--timestamp', first]));
      await checkFunctions(services, template());
      await checkRoutes(services, template(), ['AWS_IAM', false]);
      expect(await services.logGroups(), evidence.logs);
    },
  );

  say('away, and there again');
  await checked(part, 'npx serverless remove leaves the evidence, and nothing else', async () => {
    done(await checkout.serverless(['remove'], all));
    expect(await services.logGroups(), evidence.logs);
    expect([evidence.queues.length, await services.queues()], [3, evidence.queues]);
    expect([await services.functions(), await services.pollers(), await services.dashboards(), await services.buckets()], [[], [], [], []]);
    expect(await services.buses(), ['default']);
  });
  await checked(part, 'the logs that remain cannot be made again, so the next deployment takes them in', async () => {
    for (const logGroupName of Object.keys(evidence.logs)) {
      const refused = await services.logs.send(new CreateLogGroupCommand({ logGroupName })).catch(({ name }) => name);
      expect([logGroupName, refused], [logGroupName, 'ResourceAlreadyExistsException']);
    }
    await deploy(all);
    expect(
      Object.values(front.imported)
        .map(({ Ref }) => Ref)
        .sort(),
      Object.keys(evidence.logs).sort(),
    );
    await checkFunctions(services, template());
    expect(
      (await services.queues()).filter((name) => evidence.queues.includes(name)),
      evidence.queues,
    );
    match(done(await smoke()), /All is well\./);
  });

  await checked(part, 'docs/deployer-policy.json grants what the framework itself asked for', async () => {
    const { Statement } = JSON.parse(await readFile(new URL('../../docs/deployer-policy.json', import.meta.url), 'utf8'));
    const granted = new Set(Statement.flatMap(({ Action }: { Action: string[] }) => Action));
    ok(front.actions.has('cloudformation:ExecuteChangeSet') && front.actions.has('s3:PutObject'), 'no request was counted');
    expect([...front.actions].filter((action) => !granted.has(action)).sort(), notGranted);
  });

  say('what moto cannot do');
  await checked(
    part,
    'the list of what moto does not make, change or take away is what moto says of the types of any deployment',
    async () => {
      done(await checkout.serverless(['package', '--package', 'everything'], { ...all, ...everything }));
      const types = [...new Set(Object.values(await checkout.packaged('everything')).map(({ Type }) => Type))].sort();
      const models = await cloudFormationModels();
      expect(
        notCreated,
        types.filter((type) => !models[type]),
      );
      expect(
        notUpdated,
        types.filter((type) => models[type] && !models[type].updates),
      );
      expect(
        notDeleted,
        types.filter((type) => models[type] && !models[type].deletes),
      );
    },
  );
} finally {
  killAll();
  for (const stop of stops.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = summary(part);
