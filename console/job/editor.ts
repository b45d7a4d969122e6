/**
 * The YAML editor: CodeMirror in a shadow root, where its style sheets are constructed ones and need no exception from the page's
 * content security policy. Loaded by the first who wants to edit YAML.
 */
import { history, historyKeymap, isolateHistory, standardKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { foldGutter, foldKeymap, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Annotation, Compartment, EditorState, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { colours, look } from './editor-look.ts';
import type { Finding } from './verdict.ts';

/** How a line is marked. */
export type Mark = 'changed' | 'refused' | 'noted';

const fromPage = Annotation.define<boolean>();
const locking = new Compartment();
const setMarks = StateEffect.define<ReadonlyMap<number, Mark>>();
const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (value, transaction) => {
    const effect = transaction.effects.find((one) => one.is(setMarks));
    return effect ? decorations(transaction.state, effect.value as ReadonlyMap<number, Mark>) : value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorations({ doc }: EditorState, marks: ReadonlyMap<number, Mark>): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const [line, mark] of [...marks].sort(([a], [b]) => a - b)) {
    if (line > doc.lines) break;
    const { from } = doc.line(line);
    builder.add(from, from, Decoration.line({ class: `is-${mark}` }));
  }
  return builder.finish();
}

/** What the editor tells the page. */
export interface EditorCalls {
  changed(text: string): void;
  save(): void;
}

export class YamlEditor {
  readonly host: HTMLElement = document.createElement('div');
  readonly view: EditorView;

  constructor(text: string, label: string, calls: EditorCalls) {
    this.host.className = 'editor-host';
    const shadow = this.host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':host { display: block; height: 100% } .inside { height: 100% }');
    shadow.adoptedStyleSheets = [sheet];
    const parent = document.createElement('div');
    parent.className = 'inside';
    shadow.append(parent);
    this.view = new EditorView({ parent, root: shadow, state: EditorState.create({ doc: text, extensions: extensionsFor(label, calls) }) });
  }

  /** Takes a text that another part of the page made, as the least change, so that undo and the cursor survive. */
  setText(text: string): void {
    const now = this.view.state.doc.toString();
    if (now === text) return;
    const most = Math.min(now.length, text.length);
    let start = 0;
    while (start < most && now[start] === text[start]) start += 1;
    let end = 0;
    while (end < most - start && now[now.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    const changes = { from: start, to: now.length - end, insert: text.slice(start, text.length - end) };
    this.view.dispatch({ changes, annotations: [fromPage.of(true), isolateHistory.of('full')] });
  }

  /** Marks lines, by their numbers from 1, and shows what was found. */
  show(marks: ReadonlyMap<number, Mark>, found: readonly Finding[]): void {
    const { length } = this.view.state.doc;
    const diagnostics = found.map(({ from, to, path, message, level }) => ({
      from: Math.min(from, length),
      to: Math.min(to, length),
      severity: level,
      message: path === '' ? message : `${path} ${message}`,
    }));
    this.view.dispatch({ effects: setMarks.of(marks) });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /** Lets nobody type, or lets him again. */
  lock(isLocked: boolean): void {
    this.view.dispatch({ effects: locking.reconfigure(EditorState.readOnly.of(isLocked)) });
  }

  /** Goes to a place. */
  go(place: number): void {
    const anchor = Math.min(place, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    this.view.focus();
  }
}

function extensionsFor(label: string, { changed, save }: EditorCalls) {
  const saved = () => {
    save();
    return true;
  };
  return [
    lintGutter(),
    lineNumbers(),
    foldGutter({ openText: '⌄', closedText: '›' }),
    history(),
    drawSelection(),
    highlightActiveLine(),
    // Beside those that it knows.
    highlightSpecialChars({ addSpecialChars: /[\u180e\u202a-\u202c\u2060-\u2065\u2068\u206a-\u206f\u{e0000}-\u{e0fff}]/u }),
    marked,
    yaml(),
    syntaxHighlighting(colours),
    look,
    EditorState.tabSize.of(2),
    locking.of(EditorState.readOnly.of(false)),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', spellcheck: 'false', autocapitalize: 'off' }),
    // The Tab key is the browser's: who has no mouse must be able to leave.
    keymap.of([{ key: 'Mod-s', run: saved, preventDefault: true }, ...lintKeymap, ...standardKeymap, ...historyKeymap, ...foldKeymap]),
    EditorView.updateListener.of(({ docChanged, transactions, state }) => {
      if (docChanged && !transactions.some((one) => one.annotation(fromPage))) changed(state.doc.toString());
    }),
  ];
}
