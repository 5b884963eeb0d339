/// The database: transactions, the differences between SQLite and PostgreSQL, migrations, the
/// change log.
@NullMarked
package io.clientele.db;

import org.jspecify.annotations.NullMarked;
