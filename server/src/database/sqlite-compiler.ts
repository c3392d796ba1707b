import {
  BinaryOperationNode,
  LimitNode,
  type OperationNode,
  OperatorNode,
  SqliteQueryCompiler,
  type ValueNode,
} from 'kysely'

/**
 * Keeps SQLite from planning a statement anew each time it is run. Its planner asks whether `= ?` and `limit ?` stand for
 * small numbers, and once it has asked, every new value of that parameter makes it plan again, which takes longer than
 * to look for a task. It does not look at a value with a collation; `binary` is the one that all columns have anyway.
 * Values within `sql` texts are left as they are.
 *
 * Source: `sqlite3ExprIsInteger()` and `expmask` in SQLite's code, https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableqpsg
 */
export class PlanOnceCompiler extends SqliteQueryCompiler {
  protected override visitValue(node: ValueNode): void {
    super.visitValue(node)
    if (!node.immediate && this.parentNode && isLookedAt(this.parentNode, node)) this.append(' collate binary')
  }
}

function isLookedAt(parent: OperationNode, value: ValueNode): boolean {
  if (LimitNode.is(parent)) return true
  if (!BinaryOperationNode.is(parent) || parent.rightOperand !== value) return false
  return OperatorNode.is(parent.operator) && ['=', 'is'].includes(parent.operator.operator)
}
