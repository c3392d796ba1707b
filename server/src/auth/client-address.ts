/** Carries the client's address to Better Auth; only `handOver` sets it, and nothing that a client sends gets through. */
export const ipHeader = 'x-taskwell-client-ip'
