import { h, render } from 'preact';
import { Shell } from './shell.ts';

const root = document.querySelector('#root');
if (root) render(h(Shell, null), root);
