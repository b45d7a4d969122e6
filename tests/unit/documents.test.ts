import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { Parameters } from '../../deploy/parameters/schema.ts';
import { blocksOf, commands, documents, inlineCommands, marks, read } from '../documents.ts';

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const blocks = documents.flatMap(blocksOf);
const shell = blocks.filter(({ language }) => language === 'sh');
const cells = (row: string) =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
/** The rows of the table under a heading. */
const rowsUnder = (file: string, heading: string) => {
  const [, section = ''] = read(file).split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0]?.match(/^\|.*\|$/gm) ?? [];
  return rows.slice(2).map(cells);
};

/** The anchors of a document, as GitHub makes them of its headings. */
function anchors(file: string): string[] {
  const headings =
    read(file)
      .replace(/^```.*?^```$/gms, '')
      .match(/^#+ .*$/gm) ?? [];
  const slugs = headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((other) => other === slug).length;
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

describe('the documents', () => {
  it('are found', () => {
    const expected = ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/answers.md', 'events/README.md'];
    expect(documents).toEqual(expect.arrayContaining([...expected, 'tests/conformance/README.md']));
  });

  it('link to files and headings that are there', () => {
    const broken = documents.flatMap((file) => {
      const text = read(file).replace(/^```.*?^```$/gms, '');
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
      return links
        .filter((target) => !/^(?:https?|mailto):/.test(target))
        .flatMap((target) => {
          const [path = '', anchor] = target.split('#');
          const linked = path === '' ? file : join(dirname(file), path);
          if (!existsSync(linked)) return [`${file}: ${target}`];
          return anchor === undefined || anchors(linked).includes(anchor) ? [] : [`${file}: ${target}`];
        });
    });
    expect(broken).toEqual([]);
  });

  it('are named by their right paths in the sources', () => {
    const sources = execFileSync(
      'grep',
      [
        '-rhoE',
        '--include=*.ts',
        '--include=*.cjs',
        '--include=*.yml',
        '\\bdocs/[a-z-]+\\.[a-z.]+[a-z]',
        ...['lib', 'handlers', 'deploy', 'local', 'scripts', 'bench', 'serverless.yml'],
      ],
      { encoding: 'utf8' },
    );
    // What a simulated fleet does is written with bench/fleet.
    const known = (file: string) => existsSync(file);
    expect([...new Set(sources.trim().split('\n'))].filter((file) => !known(file))).toEqual([]);
  });

  it('are short where they are read first', () => {
    const words = (file: string) => read(file).split(/\s+/).filter(Boolean).length;
    expect(words('README.md')).toBeLessThanOrEqual(600);
  });
});

describe('a command in a document', () => {
  it('says what it needs, or is run by a test', () => {
    expect(shell.length).toBeGreaterThan(10);
    expect(
      shell.filter(({ mark }) => mark !== undefined && !Object.hasOwn(marks, mark)).map(({ file, mark }) => `${file}: ${mark}`),
    ).toEqual([]);
    // A command in another language's block, or in none's, would be run by nobody.
    const others = blocks.filter(({ language, text }) => language !== 'sh' && /^(?:\$ |npm |npx |kubectl |curl |aws |node )/m.test(text));
    expect(others.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
    const needsAws = shell.filter(({ text }) => /^(?:aws|.*npx serverless deploy) /m.test(text));
    expect(needsAws.filter(({ mark }) => mark !== 'needs AWS').map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  it('is one that a shell can read', () => {
    for (const { text } of shell) execFileSync('bash', ['-n'], { input: text, stdio: ['pipe', 'ignore', 'pipe'] });
  });

  it('of npm is a script that .ci/run runs, or one that a test of tests/scenarios/local or tests/scenarios/policy/command.test.ts runs', () => {
    const steps = read('.ci/run')
      .split('\n')
      .flatMap((line) => line.trim().split(' && '));
    const run = commands()
      .flatMap((line) => line.split(' && '))
      .filter((line) => line.startsWith('npm ') && !/^npm run (?:event|policy --) /.test(line));
    const [, policies = ''] = /^const folder = '(.+)';$/m.exec(read('tests/slow/start-policies.test.ts')) ?? [];
    const started = ['npm start', `npm start -- --policies ${policies}`, 'npm run generate'];
    const known = (line: string) => steps.includes(line) || started.includes(line);
    expect(run.length).toBeGreaterThan(3);
    expect(run.filter((line) => !known(line))).toEqual([]);
  });

  it('of npm within a sentence names a script that there is', () => {
    const names = inlineCommands().flatMap((line) => [...(/npm run ([\w:]+)/.exec(line)?.slice(1) ?? [])]);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('of npm within a sentence names tests and folders that there are', () => {
    const paths = inlineCommands().flatMap((line) => line.match(/\b(?:tests|events|bench)\/[\w./-]+/g) ?? []);
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('to write what is generated does what the check compares', () => {
    expect(scripts.generate?.split(' && ')).toEqual(scripts['check:generated']?.replaceAll(' --check', '').split(' && '));
  });

  it('sets parameters that there are', () => {
    const given = documents.flatMap((file) => [...read(file).matchAll(/--param '?([a-z]\w*)=/g)].map(([, name = '']) => name));
    expect(given.length).toBeGreaterThan(5);
    expect([...new Set(given)].filter((name) => !parameters().includes(name))).toEqual([]);
  });
});

const deployment = load(read('serverless.yml')) as { params: { default: Record<string, unknown> } };
const deployed = ['serverless.yml', 'deploy/events.yml', 'deploy/auth/jwt.yml', 'deploy/rotation/on.yml', 'deploy/console/on.yml']
  .map(read)
  .join('\n');
/** Every parameter of the deployment. */
const parameters = (): string[] => Object.keys(Parameters.entries);

describe('docs/configuration.md', () => {
  it('has each parameter of the deployment, with its default', () => {
    const rows = rowsUnder('docs/configuration.md', 'Parameters of a deployment').map(([name, value]) => [name, value]);
    const defaults = parameters().map((name) => {
      const value = String(deployment.params.default[name] ?? '');
      return [name, value.replace(/\$\{sls:stage\}/, 'STAGE')];
    });
    expect(rows.sort()).toEqual(defaults.sort());
  });

  it('has each variable that a function is given or reads', () => {
    const named = rowsUnder('docs/configuration.md', 'Environment variables').flatMap(([names = '']) => names.split(', '));
    const set = [...deployed.matchAll(/^\s+([A-Z][A-Z_]+): /gm)].map(([, name = '']) => name);
    expect(named.slice().sort()).toEqual([...new Set([...set, 'LIVE_CACHE'])].sort());
  });
});

describe('README.zh-CN.md', () => {
  it('has the code blocks of README.md, the pictures and links to the same places', () => {
    const bare = (file: string) => blocksOf(file).map(({ language, mark, text }) => ({ language, mark, text }));
    expect(bare('README.zh-CN.md')).toEqual(bare('README.md'));
    const links = (file: string) => new Set([...read(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target));
    const chinese = [...links('README.zh-CN.md')].map((target) =>
      target.replace('gateway.zh-CN.svg', 'gateway.svg').replace(/^README.md$/, 'README.zh-CN.md'),
    );
    expect(chinese.sort()).toEqual([...links('README.md')].sort());
  });
});

describe('what CI and newcomers use', () => {
  it('is one major version of Node: in .nvmrc, in the tools and in Lambda', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    const [major] = /\d+/.exec(devDependencies.node ?? '') ?? [];
    expect(read('.nvmrc')).toBe(`${major}\n`);
    expect(read('serverless.yml')).toContain(`runtime: nodejs${major}.x\n`);
  });

  it('is .ci/run, in the workflow too, with the Node of .nvmrc and no right to write', () => {
    const { permissions, jobs } = load(read('.github/workflows/ci.yml')) as {
      permissions: object;
      jobs: { run: { steps: { run?: string; with?: Record<string, unknown> }[] } };
    };
    expect(permissions).toEqual({ contents: 'read' });
    expect(jobs.run.steps.flatMap((step) => step.run ?? [])).toEqual(['.ci/run']);
    expect(jobs.run.steps.flatMap((step) => step.with?.['node-version-file'] ?? [])).toEqual(['.nvmrc']);
  });
});
