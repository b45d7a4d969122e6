import type { Manifest } from './manifests.ts';
import { checkMetadata } from './metadata.ts';
import { configKeyMessages, subdomainMessages } from './names.ts';

const maxSize = 1024 * 1024;

/** Checks a ConfigMap as kube-apiserver does (ValidateConfigMap). */
export function checkConfigMap(manifest: Manifest): void {
  checkMetadata(manifest, subdomainMessages);
  const { value, errors } = manifest;
  const data: Record<string, string> = value.data ?? {};
  const binaryData: Record<string, string> = value.binaryData ?? {};
  let size = 0;
  for (const [key, text] of Object.entries(data)) {
    errors.invalidEach(['data', [key]], key, configKeyMessages(key));
    if (Object.hasOwn(binaryData, key)) errors.invalid(['data', [key]], key, 'duplicate of key present in binaryData');
    size += Buffer.byteLength(text);
  }
  for (const [key, text] of Object.entries(binaryData)) {
    errors.invalidEach(['binaryData', [key]], key, configKeyMessages(key));
    if (!isBase64(text)) errors.add(['binaryData', [key]], 'is not base64');
    size += Buffer.from(text, 'base64').length;
  }
  if (size > maxSize) errors.sentence([], `Too long: may not be more than ${maxSize} bytes`);
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
