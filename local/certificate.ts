import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate and its key for a server on this machine, in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

const sequence = 0x30;
const ecdsaWithSha256 = tlv(sequence, tlv(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

/** One ASN.1 value in DER. */
function tlv(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const size = value.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function nameOf(commonName: string): Buffer {
  const attribute = tlv(sequence, tlv(0x06, Buffer.from('550403', 'hex')), tlv(0x0c, Buffer.from(commonName)));
  return tlv(sequence, tlv(0x31, attribute));
}

function time(date: Date): Buffer {
  return tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));
}

/**
 * Makes a certificate for an IPv4 address, good from yesterday until so many days from now; signed by itself, or by an authority
 * that nobody has heard of. Made anew each time, so that no private key lies in the repository.
 */
export function makeCertificate({ address = '127.0.0.1', days = 1, unknownAuthority = false } = {}): Certificate {
  const { publicKey, privateKey } = newKey();
  const signer: KeyObject = unknownAuthority ? newKey().privateKey : privateKey;
  const alternativeName = tlv(sequence, tlv(0x87, Buffer.from(address.split('.').map(Number))));
  const extension = tlv(sequence, tlv(0x06, Buffer.from('551d11', 'hex')), tlv(0x04, alternativeName));
  const day = 86_400_000;
  const toSign = tlv(
    sequence,
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    nameOf(unknownAuthority ? 'nobody' : 'upstream'),
    tlv(sequence, time(new Date(Date.now() - 2 * day)), time(new Date(Date.now() + days * day))),
    nameOf('upstream'),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(sequence, extension)),
  );
  const signature = tlv(0x03, Buffer.from([0]), sign('sha256', toSign, signer));
  const text = tlv(sequence, toSign, ecdsaWithSha256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${text.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function newKey() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}
