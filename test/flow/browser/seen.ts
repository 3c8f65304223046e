import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core';

/** The part that is read of what Chromium reports of a page. */
interface Issue {
  details: { contentSecurityPolicyIssueDetails?: { violatedDirective: string; blockedURL?: string } };
}

/**
 * A page in a profile of its own (cookies, storage), of which every fault is written down: errors of its console and its programs,
 * violations of its content security policy, requests that leave the origins it may ask, storage that outlives it.
 */
export class Seen {
  readonly page: Page;
  readonly #devtools: CDPSession;
  readonly #faults: string[] = [];

  private constructor(page: Page, devtools: CDPSession, origins: readonly string[]) {
    this.page = page;
    this.#devtools = devtools;
    const at = (url: string): string => (url === '' ? '' : ` (${url})`);
    page.on('console', (message) => {
      if (message.type() === 'error') this.#faults.push(`console: ${message.text()}${at(message.location().url)}`);
    });
    page.on('pageerror', (error) => this.#faults.push(`thrown: ${error.message}`));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (/^https?:$/.test(protocol) && !origins.includes(origin)) this.#faults.push(`elsewhere: ${request.url()}`);
    });
    devtools.on('Audits.issueAdded', ({ issue }: { issue: Issue }) => {
      const { violatedDirective, blockedURL } = issue.details.contentSecurityPolicyIssueDetails ?? {};
      if (violatedDirective !== undefined) this.#faults.push(`policy: ${violatedDirective} ${blockedURL ?? 'inline'}`);
    });
  }

  /** @param origins whom the page may ask, e.g. `http://127.0.0.1:8080` */
  static async open(browser: Browser, origins: readonly string[], options: BrowserContextOptions = {}): Promise<Seen> {
    // Without motion: what is half of one colour and half of another has the contrast of neither.
    const usual = { viewport: WIDE, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' } as const;
    const context = await browser.newContext({ ...usual, ...options });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    const seen = new Seen(page, devtools, origins);
    await devtools.send('Audits.enable');
    return seen;
  }

  /**
   * What was wrong since it was last asked, in the order of its coming.
   *
   * @param expected what the test itself brought about, e.g. `/status of 403/`
   */
  async faults(...expected: RegExp[]): Promise<string[]> {
    // Both are told in order, so that what comes before these answers has arrived with them.
    await Promise.all([this.page.evaluate('0'), this.#devtools.send('Runtime.evaluate', { expression: '0' })]);
    return this.#faults.splice(0).filter((fault) => !expected.some((pattern) => pattern.test(fault)));
  }

  /** What the page left in storage that outlives it, or that another page of its origin could read. @returns keys */
  async stored(): Promise<string[]> {
    const script =
      '(async () => [...Object.keys(localStorage), ...(await indexedDB.databases()).map(({ name }) => name)])()';
    return this.page.evaluate<string[]>(script);
  }

  /** How many pixels the page can be scrolled to the side: 0 where everything fits. */
  async sideways(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  /** Closes the page and forgets its profile. */
  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** CSS pixels: a laptop, and a phone. */
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };
