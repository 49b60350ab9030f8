# Makefile - one file, no recursion into folders. `make help` lists the targets.
#   make                 build/sluice
#   make asan tsan       the same sources with a sanitizer, each in a folder of its own
# Sources are found by wildcard: adding a file needs no edit here.
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-print-directory
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
             libjansson-dev libncurses-dev libxxhash-dev libzstd-dev libisal-dev zlib1g-dev libmicrohttpd-dev \
             postgresql ca-certificates
DEBS_TEST := libcmocka-dev libvterm-dev clang clang-format clang-tidy libclang-rt-14-dev sqlite3 curl openssl
PKGS      := libpq sqlite3 libcurl libcrypto jansson ncursesw libxxhash libzstd libisal zlib libmicrohttpd
TEST_PKGS := cmocka vterm

# Empty when a library of PKGS or the compiler is not there; then nothing is compiled, see `need`.
BUILD_OK   := $(shell command -v $(firstword $(CC)) >/dev/null 2>&1 && $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm
TEST_LIBS   = $(shell $(PKG_CONFIG) --libs $(TEST_PKGS)) -lutil

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wwrite-strings -Wpointer-arith \
        -Wundef -Wvla -Wformat=2 -Wdouble-promotion -Wimplicit-fallthrough
WERROR ?= -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE \
          $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_debug   := -Og -g3
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan    := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
# Crash points are in this build only, see core/base/crashpoint.h.
OPT_fault   := -O1 -g -D_FORTIFY_SOURCE=2 -DSL_CRASHPOINTS
OPT_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined
CPPFLAGS_ := -I. -I$(B)/gen -D_GNU_SOURCE $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_   := -std=c17 -pthread $(WARN) $(WERROR) $(HARDEN) $(OPT_$(VARIANT)) $(CFLAGS)
LDFLAGS_  := -pthread -pie -Wl,-z,relro,-z,now $(filter -fsanitize%,$(OPT_$(VARIANT))) $(LDFLAGS)

CORE_SRC := $(wildcard core/*.c core/*/*.c)
TUI_SRC  := $(wildcard tui/*.c tui/*/*.c)
LIB_SRC  := $(wildcard tests/lib/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
# T=name picks one test of a suite: make unit T=test_text
T        ?= test_*
UNIT_SRC := $(wildcard tests/unit/$(T).c)
INTEG_SRC := $(wildcard tests/integration/$(T).c)
TUIT_SRC := $(wildcard tests/tui/$(T).c)
FAULT_SRC := $(wildcard tests/fault/$(T).c)
obj       = $(patsubst %.c,$(B)/%.o,$(1))
prog      = $(patsubst %.c,$(B)/%,$(1))
SQL_GEN  := $(patsubst %.sql,$(B)/gen/%.inc,$(wildcard core/*/*.sql))
CORE_LIB := $(B)/libcore.a
TUI_LIB  := $(B)/libtui.a
BIN      := $(B)/$(NAME)
UNIT     := $(call prog,$(UNIT_SRC))
INTEG    := $(call prog,$(INTEG_SRC)) $(wildcard tests/integration/$(T).sh)
TUIT     := $(call prog,$(TUIT_SRC)) $(wildcard tests/tui/$(T).sh)
# What the scripts of the fault suite run beside the program.
FAULT_TOOLS := $(call prog,$(filter-out tests/fault/test_%,$(wildcard tests/fault/*.c)))
FAULTS   := $(call prog,$(FAULT_SRC)) $(wildcard tests/fault/$(T).sh)
FUZZ     := $(call prog,$(FUZZ_SRC))
# The few files that name the version or the data folder: only they follow a change of these.
BUILT_IN := $(call obj,$(shell grep -ls 'SL_VERSION\|SL_DATADIR' $(CORE_SRC) $(TUI_SRC) tests/*/*.c))
BUILT_IN_FLAGS := -DSL_VERSION='"$(VERSION)"' -DSL_DATADIR='"$(datadir)"'

.PHONY: all need deps deps-test demo demo-run test suites unit integration tuitest asan tsan fuzz fuzz-run
.PHONY: fault fault-long fault-run bench lint lint-layout lint-scripts lint-tidy layers format install clean help FORCE
all: build/$(NAME)             ## build the program: build/sluice
ifeq ($(VARIANT),release)
build/$(NAME): $(BIN)
	$(Q)ln -sf release/$(NAME) $@
else
build/$(NAME): $(BIN)
endif

$(B)/%.o: %.c Makefile | $(if $(BUILD_OK),,need) $(SQL_GEN)
	@mkdir -p $(@D)
	@$(if $(Q),echo "  CC   $<")
	$(Q)$(CC) $(CPPFLAGS_) $(if $(filter $@,$(BUILT_IN)),$(BUILT_IN_FLAGS)) $(CFLAGS_) -MMD -MP -c -o $@ $<
$(BUILT_IN): $(B)/gen/built-in
$(B)/gen/built-in: FORCE
	@mkdir -p $(@D)
	@echo "$(VERSION) $(datadir)" | cmp -s - $@ || echo "$(VERSION) $(datadir)" > $@
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
$(FUZZ): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(TUI_LIB) $(CORE_LIB)
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)
$(B)/tests/%: $(B)/tests/%.o $(call obj,$(LIB_SRC)) $(TUI_LIB) $(CORE_LIB)
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(PKG_LIBS) $(TEST_LIBS)

# Allocations of our code go through tests/lib/alloc_fail.c here, which makes them fail.
ALLOC_WRAP := -rdynamic $(foreach f,malloc calloc realloc free strdup strndup asprintf,-Wl,--wrap=$(f))
$(call prog,$(wildcard tests/fault/test_alloc*.c)): private LDFLAGS_ += $(ALLOC_WRAP)

# ---- what must be installed ---------------------------------------------------------------------
# A make computes its library flags when it starts: what needs a package runs in a second make.
need:
	@tests/tools/deps.sh need $(DEBS)
deps:                          ## install the Debian packages that the program needs
	@tests/tools/deps.sh install $(DEBS)
deps-test:                     ## the same, and what the tests need
	@tests/tools/deps.sh install $(DEBS) $(DEBS_TEST)
demo: deps                     ## a sample warehouse, a local receiver, and the TUI on them
	@$(MAKE) demo-run
demo-run: all
	@B=$(CURDIR)/$(B) SLUICE=$(CURDIR)/$(BIN) tests/tools/demo.sh

# ---- tests --------------------------------------------------------------------------------------
# Each suite prints its own sum and adds it to $(SUMS); the last line of `make test` is over all. Most tests
# wait for most of their time: AT_ONCE of them run at the same time.
SUMS  := $(B)/sums
AT_ONCE ?= $(shell n=$$(nproc); echo $$((n > 4 ? 4 : n)))
SUITE  = AT_ONCE=$(AT_ONCE) B=$(CURDIR)/$(B) SLUICE=$(CURDIR)/$(BIN) VARIANT=$(VARIANT) SUMS=$(SUMS) tests/tools/run-suite.sh
LABEL := $(if $(filter release,$(VARIANT)),,$(VARIANT) )
test: deps-test                ## install what is missing, build, run every suite
	@$(MAKE) suites
suites: $(BIN) $(UNIT) $(filter-out %.sh,$(INTEG) $(TUIT))
	@rm -f $(SUMS); bad=0; \
	for s in unit integration tuitest; do $(MAKE) $$s || bad=1; done; \
	tests/tools/run-suite.sh --sum $(SUMS) && exit $$bad
unit: $(UNIT)                  ## the unit tests; T=test_text runs one of them
	@$(SUITE) "$(LABEL)unit" $(UNIT)
integration: $(BIN) $(filter-out %.sh,$(INTEG)) ## the tests against real servers
	@$(SUITE) "$(LABEL)integration" $(INTEG)
tuitest: $(BIN) $(filter-out %.sh,$(TUIT)) ## the tests of the screens
	@$(SUITE) "$(LABEL)tuitest" $(TUIT)
asan:                          ## every suite under AddressSanitizer and UBSan
	@$(MAKE) VARIANT=asan suites
tsan:                          ## the unit tests under ThreadSanitizer
	@$(MAKE) VARIANT=tsan unit
# FAULT=long: as many kills, power cuts and mixed answers as a release asks for; takes hours.
FAULT ?=
fault:                         ## the engine under faults; T=test_power runs one of them
	@$(MAKE) VARIANT=fault fault-run
fault-long:                    ## the same with release numbers: hours
	@$(MAKE) VARIANT=fault FAULT=long fault-run
# The mutants are made of this build, and judged by these of its tests.
MUTANTS := $(if $(filter %/test_mutants.sh,$(FAULTS)),$(wildcard tests/fault/mutants/*.mutant))
JUDGES  := $(if $(MUTANTS),$(sort $(shell sed -n 's,^test: \([a-z]*/[a-z0-9_]*\)\( .*\)*$$,$(B)/tests/\1,p' $(MUTANTS))))
fault-run: $(BIN) $(filter-out %.sh,$(FAULTS)) $(FAULT_TOOLS) $(JUDGES)
	@FAULT=$(FAULT) TEST_TIMEOUT=$(if $(FAULT),36000,480) COMPILE='$(CC) $(CPPFLAGS_) $(CFLAGS_)' \
		LINK='$(CC) $(CFLAGS_) $(LDFLAGS_)' LIBS='$(PKG_LIBS) $(TEST_LIBS)' $(SUITE) fault $(FAULTS)
FUZZ_TIME ?= 20
FUZZ_CPU  ?=
FUZZ_JOBS ?= 1
fuzz:                          ## each fuzz target for FUZZ_TIME seconds (20), or FUZZ_CPU seconds of a processor
	@$(MAKE) VARIANT=fuzz CC=clang fuzz-run
fuzz-run: $(FUZZ)
	@B=$(B) FUZZ_TIME=$(FUZZ_TIME) FUZZ_CPU=$(FUZZ_CPU) FUZZ_JOBS=$(FUZZ_JOBS) tests/tools/run-fuzz.sh $(FUZZ)
BENCH_TOOLS := $(call prog,$(wildcard tests/bench/*.c))
bench: $(BIN) $(BENCH_TOOLS)   ## how fast, as a ratio to what the machine can do; T=full runs one case, T=? lists them
	@B=$(CURDIR)/$(B) SLUICE=$(CURDIR)/$(BIN) tests/bench/run.sh

# ---- checks -------------------------------------------------------------------------------------
FILES   := $(or $(shell git ls-files 2>/dev/null),$(shell find core tui tests .ci -type f))
C_FILES := $(filter %.c %.h,$(FILES))
TIDY    := $(patsubst %.c,$(B)/tidy/%.ok,$(filter %.c,$(C_FILES)))
lint:                          ## layout, layers, scripts, clang-tidy
	@$(MAKE) -k layers lint-layout lint-scripts lint-tidy
lint-layout:
	@clang-format --dry-run -Werror $(C_FILES)
lint-scripts:
	@for f in $(filter %.sh .ci/run,$(FILES)); do bash -n $$f || exit 1; done
lint-tidy: $(TIDY)
# After the object: it is made anew when a header changes.
$(B)/tidy/%.ok: $(B)/%.o .clang-tidy
	@mkdir -p $(@D)
	@$(if $(Q),echo "  TIDY $*.c")
	$(Q)clang-tidy --quiet $*.c -- -std=c17 $(CPPFLAGS_) $(BUILT_IN_FLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@rm -f $@.log; touch $@
layers:                        ## no layer includes upwards; files stay below 600 lines
	@awk -f tests/tools/layers.awk $(C_FILES)
format:                        ## lay all sources out
	@clang-format -i $(C_FILES)

# ---- install ------------------------------------------------------------------------------------
INSTALL ?= install
install: $(BIN)                ## install the program; DESTDIR and prefix count
	$(INSTALL) -D -m 755 $(BIN) $(DESTDIR)$(bindir)/$(NAME)
	@for f in $(wildcard themes/*.theme themes/*.md); do \
		$(INSTALL) -D -m 644 $$f $(DESTDIR)$(datadir)/$$f || exit 1; done
	@for f in $(wildcard core/dest/connectors/*.json); do \
		$(INSTALL) -D -m 644 $$f $(DESTDIR)$(datadir)/connectors/$${f##*/} || exit 1; done
	@$(BIN) --man > $(B)/$(NAME).1
	$(INSTALL) -D -m 644 $(B)/$(NAME).1 $(DESTDIR)$(mandir)/man1/$(NAME).1
clean:                         ## remove build/
	rm -rf build
help:                          ## this list
	@awk -F':.*## ' '/^[a-z ]+:.*## /{split($$1,t," ");printf "  %-14s %s\n",t[1],$$2}' $(firstword $(MAKEFILE_LIST))

-include $(shell find $(B) -name '*.d' 2>/dev/null)
