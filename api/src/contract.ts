import * as accountEvents from './account-events.ts'
import * as account from './account.ts'
import * as batch from './batch.ts'
import * as bin from './bin.ts'
import * as changes from './changes.ts'
import * as dashboard from './dashboard.ts'
import * as exports from './export.ts'
import * as health from './health.ts'
import * as history from './history.ts'
import * as sessions from './sessions.ts'
import * as tasks from './tasks.ts'
import * as tokens from './tokens.ts'

/** Every operation of the API, by name. */
export const contract = {
  register: account.register,
  login: account.login,
  logout: account.logout,
  getSession: account.getSession,
  getAccount: account.getAccount,
  updateAccount: account.updateAccount,
  deleteAccount: account.deleteAccount,
  exportAccount: exports.exportAccount,
  listSessions: sessions.listSessions,
  endSession: sessions.endSession,
  endOtherSessions: sessions.endOtherSessions,
  listAccountEvents: accountEvents.listAccountEvents,
  listTokens: tokens.listTokens,
  createToken: tokens.createToken,
  deleteToken: tokens.deleteToken,
  createTask: tasks.createTask,
  listTasks: tasks.listTasks,
  getTask: tasks.getTask,
  updateTask: tasks.updateTask,
  replaceTask: tasks.replaceTask,
  deleteTask: tasks.deleteTask,
  restoreTask: tasks.restoreTask,
  listTaskHistory: history.listTaskHistory,
  batchTasks: batch.batchTasks,
  emptyBin: bin.emptyBin,
  eraseTask: bin.eraseTask,
  listChanges: changes.listChanges,
  undoChange: history.undoChange,
  getStats: dashboard.getStats,
  listActivity: dashboard.listActivity,
  getHealth: health.getHealth,
  getLiveness: health.getLiveness,
  getReadiness: health.getReadiness,
} as const

export type Contract = typeof contract
export type OperationName = keyof Contract
