/** Beginnings by which the keys of well-known providers are told. */
const KEY_STARTS =
  /^(sk-|sk_|pk_|rk_|gsk_|csk-|xai-|pplx-|nvapi-|fw_|tgp_v\d|xox[abprs]-|ghp_|gho_|github_pat_|AKIA|ASIA|AIza|ya29\.|hf_|r8_|mm_tok_|whsec_|eyJ|Bearer\s|-----BEGIN)/i;

/** What holds keys, as Google's service accounts come: no reference is JSON. */
const JSON_START = /^[{["]/;

/** A secret access key of AWS: forty characters of Base64, where a path has dots, dashes or fewer kinds of letters. */
const AWS_SECRET = /^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9/+]{40}$/;

/** Why a text is no reference to credentials, or null. Secrets must never be stored, so what looks like one is refused. */
export function referenceProblem(reference: string): string | null {
  const at = reference.indexOf(':');
  const scheme = at < 0 ? '' : reference.slice(0, at);
  const rest = reference.slice(at + 1);
  if (looksLikeKey(reference) || looksLikeKey(rest))
    return 'give a reference to the credentials (env:NAME, vault:…, arn:…), never a key';
  if (scheme === 'env' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest))
    return 'env: names an environment variable: letters, digits and _';
  if (['vault', 'arn'].includes(scheme) && rest === '') return `${scheme}: must be followed by what it names`;
  return null;
}

function looksLikeKey(text: string): boolean {
  const trimmed = text.trim();
  if (KEY_STARTS.test(trimmed) || JSON_START.test(trimmed) || AWS_SECRET.test(trimmed)) return true;
  // Long text of one piece with letters and digits mixed reads as a key; references are short or made of parts.
  return (
    /^[A-Za-z0-9+=_-]{32,}$/.test(text) &&
    /\d/.test(text) &&
    /[a-z]/i.test(text) &&
    !/^[a-z]+([-_][a-z0-9]{1,19})+$/i.test(text)
  );
}
