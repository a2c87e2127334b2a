import { h } from 'preact';
import { currentToken, keepToken } from './graph/token.ts';

/** Asks for a token, and says why. */
export function SignIn() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('token');
    keepToken(String(given).trim());
    location.reload();
  };
  const why = currentToken()
    ? 'The server does not know this token: it is mistyped, expired or revoked.'
    : 'The console shows what a token may read.';
  return h(
    'main',
    { class: 'sign-in' },
    h('h1', null, 'Switchyard'),
    h('p', { role: 'alert' }, why),
    h(
      'p',
      { class: 'faint' },
      'One is printed by “switchyard org create NAME”, or made by an Admin of your organization.',
    ),
    h(
      'form',
      { onSubmit: submit },
      h('label', null, 'Token ', h('input', { name: 'token', type: 'password', autocomplete: 'off', required: true })),
      h('button', { class: 'primary' }, 'Open the console'),
    ),
  );
}
