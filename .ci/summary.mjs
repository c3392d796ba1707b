// Prints "N passed, N failed" as the last line, and fails unless all is well: tests ran, none failed or was skipped, and
// each further step, told as `NAME: EXIT CODE`, ended with 0.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, ...steps] = process.argv.slice(2)
const reports = ['short.json', 'long.json'].map((name) => read(join(folder, name)))
const sum = (count) => reports.reduce((total, report) => total + report[count], 0)
const skipped = sum('numPendingTests') + sum('numTodoTests')
const [passed, failed] = [sum('numPassedTests'), sum('numFailedTests')]
const problems = [
  reports.some((report) => report.numPassedTests + report.numFailedTests === 0) && 'a suite did not run',
  skipped > 0 && `${skipped} skipped`,
  failed === 0 && reports.some((report) => !report.success) && 'a test file could not be run',
  ...steps.filter((step) => !step.endsWith(': 0')).map((step) => `exit code of ${step}`),
].filter(Boolean)

for (const problem of problems) console.log(`Problem: ${problem}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = problems.length > 0 || failed > 0 ? 1 : 0

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, success: false }
  }
}
