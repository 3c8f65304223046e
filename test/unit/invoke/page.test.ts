import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openapi } from '../../../invoke/surfaces/openapi.ts';
import { CLIENTS } from '../../../invoke/surfaces/own/clients.ts';
import { docsPage } from '../../../invoke/surfaces/own/page.ts';
import { ROUTES } from '../../../invoke/surfaces/routes.ts';

const { headers, body } = docsPage(await openapi(ROUTES));
const page = String(body);

describe('the page of /docs', () => {
  test('names every path, and has what to paste into each client', () => {
    for (const { method, path } of ROUTES) expect(page).toContain(`${method} ${path}`);
    for (const { name } of CLIENTS) expect(page).toContain(`<h3>${name}</h3>`);
  });

  test('fetches nothing from anywhere, and runs nothing but what is written in it', () => {
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    for (const tag of ['style', 'script']) {
      const [, text = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page) ?? [];
      expect(policy).toContain(createHash('sha256').update(text).digest('base64'));
    }
    expect(page.match(/\b(?:src|href)="[^"]*"/g)).toEqual(['href="openapi.json"']);
    expect(page).not.toMatch(/\bon[a-z]+=/);
  });

  test('shows what a description holds as text', () => {
    const operation = { summary: '<b>&"', description: '<script>alert(1)</script>' };
    const hostile = String(docsPage({ paths: { '/<x>': { get: operation } } }).body);
    expect(hostile).toContain('GET /&lt;x&gt;');
    expect(hostile).toContain('&lt;b&gt;&amp;&quot;');
    expect(hostile).not.toContain('<script>alert');
  });
});
