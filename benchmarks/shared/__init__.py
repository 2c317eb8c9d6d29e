"""What two studies or more need: the command, cells, store, runner, tables, figures."""
