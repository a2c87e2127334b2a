import { h, render } from 'preact';
import { Shell } from './shell.ts';

render(h(Shell, null), document.querySelector('#root')!);
