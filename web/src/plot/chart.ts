import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A curve and its colour, a variable of the style sheet. */
export interface Curve {
  readonly name: string;
  readonly colour: string;
}

const HEIGHT = 340;
const POINT_SIZE = 5;
/** More than these and the marks run into each other. */
const MOST_MARKS = 300;

/** Curves over one axis. The first column is the axis; without one, points are counted. */
export class Chart {
  readonly #place: HTMLElement;
  readonly #chart: uPlot;
  readonly #resized: ResizeObserver;
  #isJoined = true;
  #marks = true;

  /** @param onPoint told which point is under the pointer, in words; empty when none is */
  constructor(place: HTMLElement, axis: string, curves: readonly Curve[], onPoint: (words: string) => void) {
    this.#place = place;
    const ink = colourOf(place, '--ink-soft');
    const grid = { stroke: colourOf(place, '--line'), width: 1 };
    const style = { stroke: ink, grid, ticks: grid, font: '12px system-ui, sans-serif' };
    this.#chart = new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height: HEIGHT,
        scales: { x: { time: false } },
        legend: { show: false },
        cursor: { drag: { x: true, y: true } },
        hooks: {
          setCursor: [
            ({ cursor: { idx }, data }) => {
              onPoint(
                typeof idx === 'number' ? wordsOf([axis, ...curves.map(({ name }) => name)], data, idx) : '',
              );
            },
          ],
        },
        axes: [
          { ...style, label: axis, labelFont: style.font, labelSize: 18, size: 32 },
          { ...style, size: 70 },
        ],
        series: [
          { label: axis },
          ...curves.map(({ name, colour }) => ({
            label: name,
            stroke: colourOf(place, colour),
            width: 2,
            paths: this.#paths,
            points: { show: () => this.#marks, size: POINT_SIZE },
          })),
        ],
      },
      [[], ...curves.map(() => [])],
      place,
    );
    this.#resized = new ResizeObserver(() => {
      this.#chart.setSize({ width: Math.max(200, place.clientWidth), height: HEIGHT });
    });
    this.#resized.observe(place);
  }

  /** Lines join the points of a motor that goes one way; of one that goes to and fro they would say nothing. */
  readonly #paths: uPlot.Series.PathBuilder = (self, series, first, last) => {
    if (!this.#isJoined) return null;
    return uPlot.paths.linear?.()(self, series, first, last) ?? null;
  };

  /** @param columns the axis (undefined to count points), and a column for each curve */
  show(axis: readonly number[] | undefined, columns: readonly (readonly number[])[]): void {
    const length = columns[0]?.length ?? 0;
    const places = axis ?? Array.from({ length }, (_, index) => index);
    const [isUp, isDown] = [1, -1].map((sign) => isSorted(places, sign));
    this.#isJoined = isUp === true || isDown === true;
    this.#marks = !this.#isJoined || length <= MOST_MARKS;
    // uPlot wants the axis sorted.
    const order = isUp === true ? undefined : sortedIndices(places);
    const arrange = (values: readonly number[]): number[] => {
      return order === undefined ? [...values] : order.map((index) => values[index] ?? NaN);
    };
    const shown = columns.map((values) =>
      arrange(values).map((value) => (Number.isNaN(value) ? null : value)),
    );
    this.#chart.setData([arrange(places), ...shown]);
    this.#place.dataset['points'] = String(length);
  }

  destroy(): void {
    this.#resized.disconnect();
    this.#chart.destroy();
  }
}

function wordsOf(names: readonly string[], data: uPlot.AlignedData, index: number): string {
  return names.map((name, column) => `${name} = ${String(data[column]?.[index] ?? 'none')}`).join(', ');
}

function isSorted(values: readonly number[], sign: number): boolean {
  return values.every((value, index) => index === 0 || sign * (value - (values[index - 1] ?? value)) >= 0);
}

function sortedIndices(values: readonly number[]): number[] {
  return values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
}

function colourOf(element: Element, variable: string): string {
  return getComputedStyle(element).getPropertyValue(variable).trim();
}
