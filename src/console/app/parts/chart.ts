import { h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { useMedia } from './use-media.ts';

interface Props {
  /** What is to be seen in it, for those who cannot see it. */
  label: string;
  data: uPlot.AlignedData;
  /** Made anew with the colors of the day or the night. */
  options: (color: (name: string) => string, plot: typeof uPlot) => Omit<uPlot.Options, 'width' | 'height'>;
  height: number;
}

/** A plot that fills its place, drawn once the library has come. */
export function Chart({ label, data, options, height }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useMedia('(prefers-color-scheme: dark)');
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let plot: uPlot | null = null;
    let isGone = false;
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }));
    void import('uplot').then(({ default: Plot }) => {
      if (isGone) return;
      const styles = getComputedStyle(element);
      const made = options((name) => styles.getPropertyValue(`--${name}`).trim(), Plot);
      plot = new Plot({ ...made, width: element.clientWidth, height }, data, element);
      resized.observe(element);
    });
    return () => {
      isGone = true;
      resized.disconnect();
      plot?.destroy();
    };
  }, [isDark, height, JSON.stringify(data)]);
  return h('div', {
    class: 'chart',
    ref: place,
    role: 'img',
    'aria-label': label,
    style: { minHeight: `${height}px` },
  });
}
