/// The command line.
@NullMarked
package io.clientele.cli;

import org.jspecify.annotations.NullMarked;
