/**
 * Writes the READMEs' picture, docs/picture/*.svg, in both languages; with --check it writes nothing, and fails where a file is not what
 * would be written. Each scheme of colours brings its own background, so that it can be read on any page.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fieldCount, fields, isMap } from '../lib/job/fields.ts';

const nameOf = ({ name }: { name: string }) => name;
const names = [fields.filter(isMap).map(nameOf).join(', '), ...fields.filter((field) => !isMap(field)).map(nameOf)];
const capitalCount = `${fieldCount.charAt(0).toUpperCase()}${fieldCount.slice(1)}`;
const chineseCount = '零一二三四五六七八九十'.charAt(fields.length);
const languages = {
  'gateway.svg': {
    title: `Callers and events reach CCI through the gateway, which writes ${fieldCount} fields of a job and refuses every other change`,
    callers: ['Callers', 'kubectl, programs', 'an AWS signature', 'or an OIDC token'],
    events: ['Events', 'EventBridge bus,', 'FIFO queue'],
    gateway: ['tfjob-gateway', 'compares each request with the live job'],
    written: `${capitalCount} fields: written`,
    refused: ['Any other change: refused', 'image, command, secrets, replicas …', 'the answer names the fields'],
    key: 'holds the access key; callers never see it',
    write: 'signed write',
    cci: ['CCI', 'Huawei Cloud:', 'the training job'],
  },
  'gateway.zh-CN.svg': {
    title: `调用方和事件经由网关访问 CCI：网关只写入训练任务的${chineseCount}个字段，拒绝其他任何修改`,
    callers: ['调用方', 'kubectl、程序', 'AWS 签名', '或 OIDC 令牌'],
    events: ['事件', 'EventBridge 总线、', 'FIFO 队列'],
    gateway: ['tfjob-gateway', '将每个请求与线上任务比较'],
    written: `${chineseCount}个字段：写入`,
    refused: ['其他任何修改：拒绝', '镜像、命令、Secret、副本数……', '响应中指出被拒字段'],
    key: '持有访问密钥（AK/SK），调用方看不到',
    write: '签名后写入',
    cci: ['CCI', '华为云', '训练任务'],
  },
};
type Words = (typeof languages)['gateway.svg'];

const xml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const text = (x: number, y: number, words: string, kind = '') =>
  `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}>${xml(words)}</text>`;
const lines = (x: number, y: number, [head = '', ...rest]: string[], kind = 'head') =>
  [text(x, y, head, kind), ...rest.map((line, index) => text(x, y + 22 * (index + 1), line))].join('\n  ');
const box = (x: number, y: number, width: number, height: number, kind: string) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" class="${kind}"/>`;
const arrow = (path: string, kind: string) => `<path d="${path}" class="arrow ${kind}" marker-end="url(#${kind})"/>`;
const marker = (kind: string) =>
  `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" class="tip-${kind}"/></marker>`;

/** The colours of one scheme: page, text, quiet text, box, line, and those of what is written and refused. */
function colours([page, ink, quiet, fill, line, good, goodFill, bad, badFill]: string[]): string {
  return `.page { fill: ${page} } text { fill: ${quiet} } .head, .key { fill: ${ink} } .box { fill: ${fill}; stroke: ${line} }
    .good { fill: ${goodFill}; stroke: ${good} } .bad { fill: ${badFill}; stroke: ${bad} } .good-head, .tip-yes { fill: ${good} } .bad-head, .tip-no { fill: ${bad} }
    .yes { stroke: ${good} } .no { stroke: ${bad} } .ask { stroke: ${quiet} } .tip-ask { fill: ${quiet} }`;
}

function picture(words: Words): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 310" width="860" height="310" role="img" aria-label="${xml(words.title)}">
  <title>${xml(words.title)}</title>
  <style>
    text { font: 14px system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "DejaVu Sans", sans-serif }
    .head, .good-head, .bad-head { font-weight: 600; font-size: 15px } .box, .good, .bad { stroke-width: 1.5 } .arrow { fill: none; stroke-width: 2 }
    .name { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px } .middle { text-anchor: middle }
    ${colours(['#ffffff', '#1f2328', '#59636e', '#f6f8fa', '#818b98', '#1a7f37', '#dafbe1', '#cf222e', '#ffebe9'])}
    @media (prefers-color-scheme: dark) {
    ${colours(['#0d1117', '#f0f6fc', '#b0b8c1', '#151b23', '#656c76', '#3fb950', '#12261e', '#f85149', '#25171c'])}
    }
  </style>
  <defs>${['ask', 'yes', 'no'].map(marker).join('')}</defs>
  <rect width="860" height="310" rx="10" class="page"/>
  ${box(20, 30, 160, 112, 'box')}
  ${lines(36, 58, words.callers)}
  ${box(20, 176, 160, 90, 'box')}
  ${lines(36, 204, words.events)}
  ${box(320, 14, 310, 282, 'box')}
  ${lines(336, 40, words.gateway)}
  ${box(336, 76, 278, 110, 'good')}
  ${text(350, 100, `✓ ${words.written}`, 'good-head')}
  ${names.map((name, index) => text(366, 120 + Math.min(18, 72 / names.length) * index, name, 'name')).join('\n  ')}
  ${box(336, 196, 278, 68, 'bad')}
  ${text(350, 218, `✗ ${words.refused[0]}`, 'bad-head')}
  ${words.refused
    .slice(1)
    .map((line, index) => text(366, 237 + 18 * index, line))
    .join('\n  ')}
  ${text(336, 284, words.key, 'key')}
  ${box(720, 76, 130, 110, 'box')}
  ${lines(736, 112, words.cci)}
  ${arrow('M180 70 H316', 'ask')}
  ${arrow('M180 200 H240 Q250 200 250 190 V80 Q250 70 260 70 H316', 'ask')}
  ${arrow('M336 240 H272 Q262 240 262 230 V124 Q262 114 252 114 H186', 'no')}
  ${text(224, 107, '403', 'middle')}
  ${arrow('M614 131 H716', 'yes')}
  ${text(668, 119, words.write, 'middle')}
</svg>
`;
}

await mkdir('docs/picture', { recursive: true });
for (const [name, words] of Object.entries(languages)) {
  const file = `docs/picture/${name}`;
  if (!process.argv.includes('--check')) await writeFile(file, picture(words));
  else if ((await readFile(file, 'utf8').catch(() => '')) !== picture(words)) {
    console.error(`${file} is not what scripts/picture.ts makes: run npm run generate`);
    process.exitCode = 1;
  }
}
