import { Counter, Histogram, type HistogramConfiguration } from '@prometheus-io/client';

/*
 * The client looks its own children up at each observation, by a text of their labels. What every request counts is counted
 * by children that are found once, and told to the client when somebody reads it.
 */

type Labels = Record<string, string>;

/** How often something has come. */
class Tally {
  count = 0;
  inc(): void {
    this.count += 1;
  }
}

export class TalliedCounter extends Counter<string> {
  readonly #children: { labels: Labels; tally: Tally }[] = [];

  /** One for each set of labels: whoever asks keeps it. */
  child(labels: Labels): Tally {
    const tally = new Tally();
    this.#children.push({ labels, tally });
    return tally;
  }

  override async get() {
    const values = this.#children.map(({ labels, tally }) => ({ labels: { ...labels }, value: tally.count }));
    return { ...(await super.get()), values };
  }
}

/** How observations lie between bounds, which they may reach. */
export class Spread {
  count = 0;
  sum = 0;
  readonly #within: readonly { bound: number; count: number }[];

  constructor(bounds: readonly number[]) {
    this.#within = bounds.map((bound) => ({ bound, count: 0 }));
  }

  observe(value: number): void {
    this.count += 1;
    this.sum += value;
    for (const one of this.#within)
      if (value <= one.bound) {
        one.count += 1;
        return;
      }
  }

  /** How many have reached no further than each bound. */
  upTo(): [bound: number, count: number][] {
    let sum = 0;
    return this.#within.map(({ bound, count }) => {
      sum += count;
      return [bound, sum];
    });
  }
}

export class TalliedHistogram extends Histogram<string> {
  readonly #config: HistogramConfiguration<string> & { buckets: number[] };
  readonly #children: { labels: Labels; spread: Spread }[] = [];

  constructor(config: HistogramConfiguration<string> & { buckets: number[] }) {
    super(config);
    this.#config = config;
  }

  /** One for each set of labels: whoever asks keeps it. */
  child(labels: Labels): Spread {
    const spread = new Spread(this.#config.buckets);
    this.#children.push({ labels, spread });
    return spread;
  }

  /** What the client makes its text of, and its JSON. */
  async getForPromString() {
    const { name, help } = this.#config;
    const values = this.#children.flatMap(({ labels: sharedLabels, spread }) => {
      const figure = (part: string, value: number, labels: Record<string, string | number> = {}) => ({
        metricName: `${name}_${part}`,
        labels,
        sharedLabels,
        value,
      });
      return [
        ...spread.upTo().map(([le, count]) => figure('bucket', count, { le })),
        figure('bucket', spread.count, { le: '+Inf' }),
        figure('sum', spread.sum),
        figure('count', spread.count),
      ];
    });
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}
