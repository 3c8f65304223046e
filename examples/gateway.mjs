import { execFileSync } from 'node:child_process';

/** What the examples share: where the gateway is, and a token. Without an environment they are the laptop's and the demo's. */
export const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:8787';
export const token =
  process.env.TOKEN ?? execFileSync('npx', ['tollgate', 'token', 'acme-app'], { encoding: 'utf8' }).trim();

/** Yours asks your identity provider, and keeps the token until shortly before it expires. */
export const accessToken = async () => token;
