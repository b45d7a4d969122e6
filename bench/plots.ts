import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Section } from './results.ts';

const look = { view: { stroke: null }, axis: { grid: false }, font: 'sans-serif', background: 'white' };

/** The plots of a run, by file name: SVG, drawn without a browser. */
export async function plots(sections: Record<string, Section>): Promise<Record<string, string>> {
  const values = (name: string) => sections[name]?.plot ?? [];
  const specs: Record<string, TopLevelSpec> = {
    'cpu.svg': {
      title: 'CPU per replace of a 2 KB job, HTTPS to a real API server',
      data: { values: values('peers') },
      width: 480,
      height: { step: 34 },
      encoding: { y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 400 } } },
      layer: [
        {
          mark: { type: 'bar', height: 18 },
          encoding: { x: { field: 'ms', type: 'quantitative', title: 'ms' }, color: { field: 'kind', title: null } },
        },
        { mark: 'rule', encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } },
      ],
      config: look,
    },
    'cold.svg': {
      title: 'Cold start: process start to first answered replace',
      data: { values: values('cold') },
      width: 480,
      height: { step: 34 },
      mark: { type: 'bar', height: 18 },
      encoding: {
        y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 400 } },
        x: { field: 'ms', type: 'quantitative', title: 'ms', stack: true },
        color: { field: 'part', type: 'nominal', title: null, sort: null },
        order: { field: 'order', type: 'quantitative' },
      },
      config: look,
    },
  };
  const drawn = Object.entries(specs).map(async ([file, spec]): Promise<[string, string]> => {
    const view = new View(parse(compile(spec).spec), { renderer: 'none' });
    return [file, `${await view.toSVG()}\n`];
  });
  return Object.fromEntries(await Promise.all(drawn));
}
