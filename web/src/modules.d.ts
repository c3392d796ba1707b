/// <reference types="vite/client" />

/** Not yet among the compiler's own types. */
interface Window {
  readonly trustedTypes?: {
    createPolicy(
      name: string,
      rules: { createScriptURL(url: string): string },
    ): { createScriptURL(url: string): object }
  }
}
