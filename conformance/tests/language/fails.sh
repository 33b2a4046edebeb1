#!/bin/sh
# wat.sh beside this file, but for the verbs in FAILS: those do what DOES says.
case " $FAILS " in
*" $1 "*) eval "$DOES" ;;
*) exec "${0%/*}/wat.sh" "$@" ;;
esac
