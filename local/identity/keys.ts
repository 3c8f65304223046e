import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { readIfThere, writeWhole } from '../files.ts';

const newKeys = promisify(generateKeyPair);

/** The provider's own key, made at the first start. @returns a private JWK */
export async function signingKey(path: string): Promise<object> {
  const kept = await readIfThere(path);
  if (kept !== undefined) return JSON.parse(kept) as object;
  const { privateKey } = await newKeys('rsa', { modulusLength: 2048 });
  const key = {
    ...privateKey.export({ format: 'jwk' }),
    kid: randomBytes(8).toString('hex'),
    alg: 'RS256',
    use: 'sig',
  };
  await writeWhole(path, JSON.stringify(key));
  return key;
}

/** A client's own key, as PEM in a file that it is given; one that lies there already is taken. @returns its public JWK */
export async function clientKey(path: string): Promise<object> {
  const kept = await readIfThere(path);
  let key: KeyObject;
  if (kept === undefined) {
    ({ privateKey: key } = await newKeys('ec', { namedCurve: 'P-256' }));
    await writeWhole(path, key.export({ format: 'pem', type: 'pkcs8' }) as string);
  } else {
    key = createPrivateKey(kept);
  }
  return createPublicKey(key).export({ format: 'jwk' });
}
