# Makefile - one file, no recursion into folders. `make help` lists the targets.
#   make                 build/sluice
#   make asan tsan       the same sources with a sanitizer, each in a folder of its own
# Sources are found by wildcard: adding a file needs no edit here.
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

NAME       := sluice
VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)
VARIANT    ?= release
B          := build/$(VARIANT)
prefix     ?= /usr/local
bindir     ?= $(prefix)/bin
datadir    ?= $(prefix)/share/$(NAME)
mandir     ?= $(prefix)/share/man
CC         := $(if $(filter default,$(origin CC)),cc,$(CC))
PKG_CONFIG ?= pkg-config
Q          := $(if $(V),,@)

# Debian packages: what the program needs to be built, and what only the tests need.
DEBS      := gcc libc6-dev pkg-config libpq-dev libsqlite3-dev libcurl4-openssl-dev libssl-dev \
             libjansson-dev libncurses-dev libxxhash-dev libzstd-dev zlib1g-dev libmicrohttpd-dev \
             postgresql ca-certificates
DEBS_TEST := libcmocka-dev libvterm-dev clang clang-format clang-tidy libclang-rt-14-dev sqlite3 curl
PKGS      := libpq sqlite3 libcurl libcrypto jansson ncursesw libxxhash libzstd zlib libmicrohttpd
TEST_PKGS := cmocka vterm

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
TEST_LIBS   = $(shell $(PKG_CONFIG) --libs $(TEST_PKGS)) -lutil

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wwrite-strings -Wpointer-arith \
        -Wundef -Wvla -Wformat=2 -Wdouble-promotion -Wimplicit-fallthrough
WERROR ?= -Werror
HARDEN := -fstack-protector-strong -fPIE
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_debug   := -Og -g3 -DSL_DEBUG
OPT_asan    := -O1 -g -DSL_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan    := -O1 -g -DSL_DEBUG -fsanitize=thread -fno-omit-frame-pointer
OPT_fuzz    := -O1 -g -DSL_DEBUG -fsanitize=fuzzer-no-link,address,undefined
CPPFLAGS_ := -I. -I$(B)/gen -D_GNU_SOURCE -DSL_VERSION='"$(VERSION)"' -DSL_DATADIR='"$(datadir)"' $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_   := -std=c17 -pthread $(WARN) $(WERROR) $(HARDEN) $(OPT_$(VARIANT)) $(CFLAGS)
LDFLAGS_  := -pthread -pie -Wl,-z,relro,-z,now $(filter -fsanitize%,$(OPT_$(VARIANT))) $(LDFLAGS)

CORE_SRC := $(wildcard core/*.c core/*/*.c)
TUI_SRC  := $(wildcard tui/*.c tui/*/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
LIB_SRC  := $(wildcard tests/lib/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
obj       = $(patsubst %.c,$(B)/%.o,$(1))
SQL_GEN  := $(patsubst %.sql,$(B)/gen/%.inc,$(wildcard core/*/*.sql))
CORE_LIB := $(B)/libcore.a
TUI_LIB  := $(B)/libtui.a
BIN      := $(B)/$(NAME)
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(FUZZ_SRC))

.PHONY: all deps deps-test demo test suites unit integration tuitest asan tsan fuzz bench lint layers format install clean help
all: build/$(NAME)             ## build the program: build/sluice
ifeq ($(VARIANT),release)
build/$(NAME): $(BIN)
	$(Q)ln -sf release/$(NAME) $@
else
build/$(NAME): $(BIN)
endif

$(B)/%.o: %.c Makefile | $(SQL_GEN)
	@mkdir -p $(@D)
	@$(if $(Q),echo "  CC   $<")
	$(Q)$(CC) $(CPPFLAGS_) $(CFLAGS_) -MMD -MP -c -o $@ $<
$(B)/gen/%.inc: %.sql tests/tools/sql2c.awk
	@mkdir -p $(@D)
	$(Q)awk -f tests/tools/sql2c.awk $< > $@
$(CORE_LIB): $(call obj,$(CORE_SRC))
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(TUI_LIB): $(call obj,$(filter-out tui/main.c,$(TUI_SRC)))
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(BIN): $(call obj,tui/main.c) $(TUI_LIB) $(CORE_LIB)
	@$(if $(Q),echo "  LINK $@")
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(PKG_LIBS)
$(B)/tests/test_%: $(B)/tests/unit/test_%.o $(call obj,$(LIB_SRC)) $(TUI_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(PKG_LIBS) $(TEST_LIBS)
$(B)/tests/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(TUI_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

clean:                         ## remove build/
	rm -rf build
help:                          ## this list
	@awk -F':.*## ' '/^[a-z ]+:.*## /{printf "  %-14s %s\n",$$1,$$2}' $(firstword $(MAKEFILE_LIST))

-include $(shell find $(B) -name '*.d' 2>/dev/null)
