import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { Stack } from '../stack.ts';
import { startBrowser } from './browser.ts';
import { Seen } from './seen.ts';
import { type Person, signIn } from './sign-in.ts';

/** Milliseconds until a locator gives up: it waits for what the page does, never for a fixed time. */
const PATIENCE_MS = 15_000;

/** A running gateway, and a browser in front of its console. */
export class World {
  readonly stack: Stack;
  readonly #browser: Browser;

  private constructor(stack: Stack, browser: Browser) {
    this.stack = stack;
    this.#browser = browser;
  }

  /** @returns undefined where no browser starts (see `startBrowser`) */
  static async start(env: Record<string, string> = {}): Promise<World | undefined> {
    const browser = await startBrowser();
    if (browser === undefined) return undefined;
    return new World(await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0', ...env } }), browser);
  }

  /** A page of its own for somebody, of which nobody is signed in yet. */
  async open(): Promise<Seen> {
    const { gateway, issuer } = this.stack;
    const seen = await Seen.open(this.#browser, [gateway, issuer]);
    seen.page.setDefaultTimeout(PATIENCE_MS);
    return seen;
  }

  /** @param at where in the console, e.g. `#/keys` */
  async as(person: Person, at = ''): Promise<Seen> {
    const seen = await this.open();
    await signIn(seen.page, this.stack.gateway, person, at);
    return seen;
  }

  /** What an operator's program asks of `/admin`, beside whoever has it open in a page. @returns the answer's body */
  async admin(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.stack.gateway}/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.stack.token('ops')}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.ok, `${method} ${path} ${response.status}`).toBe(true);
    return (await response.json()) as Record<string, unknown>;
  }

  /** Closes a page, on which nothing may have been wrong. @param expected what the test itself brought about */
  async leave(seen: Seen, ...expected: RegExp[]): Promise<void> {
    expect(await seen.faults(...expected)).toEqual([]);
    expect(await seen.stored()).toEqual([]);
    await seen.close();
  }

  async remove(): Promise<void> {
    await Promise.all([this.stack.remove(), this.#browser.close()]);
  }
}
