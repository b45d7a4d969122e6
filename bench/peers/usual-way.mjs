/**
 * The same route as it is usually written: express behind serverless-http, axios, joi. It does what matters of the gateway's work
 * (secret, GET, compare, PUT, the upstream's refusals as they are), and none of the finer points, so what it costs is rather too little.
 */
import https from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import axios from 'axios';
import express from 'express';
import Joi from 'joi';
import serverless from 'serverless-http';

const { CCI_ENDPOINT, CCI_SECRET_ID } = Joi.attempt(
  process.env,
  Joi.object({ CCI_ENDPOINT: Joi.string().uri().required(), CCI_SECRET_ID: Joi.string().required() }).unknown(),
);
const secrets = new SecretsManagerClient({});
const cci = axios.create({ baseURL: CCI_ENDPOINT, httpsAgent: new https.Agent({ keepAlive: true }), validateStatus: () => true });
const text = Joi.string().allow('');
const Job = Joi.object({
  apiVersion: Joi.string().valid('kubeflow.org/v1').required(),
  kind: Joi.string().valid('TFJob').required(),
  metadata: Joi.object({
    name: Joi.string().required(),
    labels: Joi.object().pattern(/^/, text),
    annotations: Joi.object().pattern(/^/, text),
  })
    .unknown()
    .required(),
  spec: Joi.object({
    activeDeadlineSeconds: Joi.number().integer().min(1),
    ttlSecondsAfterFinished: Joi.number().integer().min(0),
    cleanPodPolicy: Joi.string().valid('All', 'Running', 'None'),
  })
    .unknown()
    .required(),
}).unknown();

let token;
const readToken = async () => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: CCI_SECRET_ID }));
  return JSON.parse(SecretString).token;
};
const fixed = ({ metadata, spec }) => {
  const { activeDeadlineSeconds, ttlSecondsAfterFinished, cleanPodPolicy, ...rest } = spec;
  return { name: metadata.name, namespace: metadata.namespace, spec: rest };
};
const refuse = (response, code, reason, message) =>
  response.status(code).json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code });

const app = express();
app.use(express.json({ limit: '3mb', type: () => true }));
app.put('/apis/kubeflow.org/v1/namespaces/:namespace/:plural/:name', async (request, response) => {
  const { error, value: requested } = Job.validate(request.body, { abortEarly: false });
  if (error) return refuse(response, 422, 'Invalid', error.message);
  token ??= await readToken();
  const headers = { Authorization: `Bearer ${token}` };
  const live = await cci.get(request.path, { headers });
  if (live.status !== 200) return response.status(live.status).json(live.data);
  if (!isDeepStrictEqual(fixed(live.data), fixed(requested))) return refuse(response, 403, 'Forbidden', 'only five fields may change');
  const { labels, annotations } = requested.metadata;
  const change = { ...live.data, metadata: { ...live.data.metadata, labels, annotations }, spec: requested.spec };
  const written = await cci.put(request.path, change, { headers });
  return response.status(written.status).json(written.data);
});

export const handler = serverless(app, { provider: 'aws' });
