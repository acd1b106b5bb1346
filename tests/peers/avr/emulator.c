// Runs the controller's firmware, the very ELF that ships, in simavr: its serial line on a pty, paced to the wall
// clock, with a control socket through which a test turns its inputs and reads its pins in CPU cycles.
//
//     emulator FIRMWARE.elf CONTROL_SOCKET
//
// prints the pty's name and serves one test at a time on CONTROL_SOCKET (Unix domain): a command a line, an answer a
// line. Whoever writes bytes to its standard input says with each that the host's program gets to run: from the first
// on, the chip's time stands still when none came for 100 ms, as else a busy machine would look like a silent host. What drives the pins outside the chip is as in hw/firmware/README.md: every output has a resistor to ground
// (it reads 0 while the chip is in reset), every input a pull-up.
//
//     set B0 1              an input's level, now
//     play B0 8000 3200 …   turns an input over so many cycles from now, and again so many after that, and so on;
//                           answers with the cycle that is now
//     get B2                a pin's level                      cycle           cycles since the start
//     watch B2              records this pin's edges and no other's; "watch all" every output's (as at the start)
//     edges                 what outputs did since the last time: "B2=1@123456 ...", oldest first
//     heard                 the cycle at which the last byte from the host had arrived
//     short B2 1            this output reads 1 whatever the chip drives; "short B2 -" mends it
//     flash 1234 FF         spoils a byte of the program (hexadecimal)
//     reset CAUSE           power-on, external or brown-out    held 0|1        keeps it in reset
//     hang                  the program stays where it is; interrupts go on; mended by the next reset
//     stall 0|1             the serial line carries nothing, in either direction
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <avr_ioport.h>
#include <avr_uart.h>
#include <sim_avr.h>
#include <sim_elf.h>

#define FREQUENCY 16000000ull
#define SLICE 4000               // cycles between two looks at the outside
#define BYTE_CYCLES 3400         // simavr takes 3080 for a byte, counted from when the one before was read; a line 2800
#define LATE (FREQUENCY / 20)    // further behind than this, time that is lost is not made up for
#define TICKS (FREQUENCY / 10)   // the longest between two ticks of the host's program
#define MCUSR 0x54
#define EDGES 65536
#define TURNS 64

static const struct { const char *name; uint8_t flag; } causes[] = {{"power-on", 1}, {"external", 2}, {"brown-out", 4}};

static avr_t *avr;
static void (*core_reset)(avr_t *);
static avr_irq_t *rx;
static struct { avr_cycle_count_t at; char port; uint8_t bit, level; } edges[EDGES];
static unsigned edge_count;
static uint8_t levels[3][8], watched[3] = {0xFF, 0xFF, 0xFF}, inputs[3], input_levels[3];  // B, C, D
static struct { uint8_t mask, level; avr_io_read_t read; void *param; } shorts[3];
static avr_cycle_count_t heard, line_free;
static avr_cycle_count_t turn_at[TURNS];
static int turn, turns, played_port, played_bit;
static uint16_t hung_at, hung_word;
static int held, stalled, pty;

static void note(int port, int bit, uint8_t level) {
    if (levels[port][bit] == level) return;
    levels[port][bit] = level;
    if (inputs[port] >> bit & 1 || !(watched[port] >> bit & 1) || edge_count == EDGES) return;
    edges[edge_count].at = avr->cycle;
    edges[edge_count].port = 'B' + port;
    edges[edge_count].bit = bit;
    edges[edge_count++].level = level;
}

static void on_pin(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq;
    note((intptr_t)param / 8, (intptr_t)param % 8, value & 1);
}

static void set_input(int port, int bit, int level) {
    inputs[port] |= 1 << bit;
    input_levels[port] = (input_levels[port] & ~(1 << bit)) | level << bit;
    avr_ioport_external_t outside = {.name = 'B' + port, .mask = inputs[port], .value = input_levels[port]};
    avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('B' + port), &outside);
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B' + port), bit), level);
}

// The next of the played turns; simavr keeps one timer for one function, so each one sets up the next.
static avr_cycle_count_t on_turn(avr_t *the_avr, avr_cycle_count_t when, void *param) {
    (void)the_avr, (void)when, (void)param;
    set_input(played_port, played_bit, !(input_levels[played_port] >> played_bit & 1));
    return ++turn < turns ? turn_at[turn] : 0;
}

// A pin that is tied to a level from outside: simavr itself reads an output as it is driven.
static uint8_t on_read(avr_t *the_avr, avr_io_addr_t address, void *param) {
    int port = (intptr_t)param;
    uint8_t value = shorts[port].read(the_avr, address, shorts[port].param);
    value = (value & ~shorts[port].mask) | (shorts[port].level & shorts[port].mask);
    return the_avr->data[address] = value;
}

static void on_reset(avr_t *the_avr) {
    if (core_reset) core_reset(the_avr);
    if (hung_word) memcpy(avr->flash + hung_at, &hung_word, 2);
    hung_word = 0;
    for (int port = 0; port < 3; port++)
        for (int bit = 0; bit < 8; bit++)
            if (!(inputs[port] >> bit & 1)) note(port, bit, 0);
}

static void on_sent(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    uint8_t byte = value;
    if (!stalled && write(pty, &byte, 1) < 0) stalled = 0;  // nobody reads: lost, as on a wire
}

static void answer(const char *command, FILE *to) {
    char port, cause[16], level[4];
    int bit, number, address;
    if (sscanf(command, "set %c%d %d", &port, &bit, &number) == 3) {
        set_input(port - 'B', bit & 7, number & 1);
    } else if (sscanf(command, "play %c%d%n", &port, &bit, &number) == 2) {
        avr_cycle_count_t at = avr->cycle;
        unsigned wait;
        played_port = port - 'B';
        played_bit = bit & 7;
        turns = turn = 0;
        for (const char *text = command + number; turns < TURNS && sscanf(text, "%u%n", &wait, &number) == 1; text += number)
            turn_at[turns++] = at += wait;
        fprintf(to, "%llu", (unsigned long long)avr->cycle);
        if (turns) avr_cycle_timer_register(avr, turn_at[0] - avr->cycle, on_turn, NULL);
    } else if (sscanf(command, "get %c%d", &port, &bit) == 2) {
        fprintf(to, "%d", levels[port - 'B'][bit & 7]);
    } else if (!strcmp(command, "cycle")) {
        fprintf(to, "%llu", (unsigned long long)avr->cycle);
    } else if (!strcmp(command, "heard")) {
        fprintf(to, "%llu", (unsigned long long)heard);
    } else if (!strcmp(command, "watch all")) {
        memset(watched, 0xFF, sizeof watched);
        edge_count = 0;
    } else if (sscanf(command, "watch %c%d", &port, &bit) == 2) {
        memset(watched, 0, sizeof watched);
        watched[port - 'B'] = 1 << (bit & 7);
        edge_count = 0;
    } else if (!strcmp(command, "edges")) {
        for (unsigned i = 0; i < edge_count; i++)
            fprintf(to, "%c%d=%d@%llu ", edges[i].port, edges[i].bit, edges[i].level, (unsigned long long)edges[i].at);
        edge_count = 0;
    } else if (sscanf(command, "short %c%d %3s", &port, &bit, level) == 3) {
        int at = port - 'B', mask = 1 << (bit & 7);
        shorts[at].mask = level[0] == '-' ? shorts[at].mask & ~mask : shorts[at].mask | mask;
        shorts[at].level = level[0] == '1' ? shorts[at].level | mask : shorts[at].level & ~mask;
    } else if (sscanf(command, "flash %x %x", &address, &number) == 2) {
        avr->flash[address & 0x7FFF] = number;
    } else if (sscanf(command, "reset %15s", cause) == 1) {
        avr_reset(avr);
        for (unsigned i = 0; i < 3; i++)
            if (!strcmp(cause, causes[i].name)) avr->data[MCUSR] = causes[i].flag;
    } else if (sscanf(command, "held %d", &held) == 1) {
        avr_reset(avr);
        avr->data[MCUSR] = causes[1].flag;
    } else if (!strcmp(command, "hang")) {
        hung_at = avr->pc;
        memcpy(&hung_word, avr->flash + hung_at, 2);
        memcpy(avr->flash + hung_at, "\xff\xcf", 2);  // rjmp to itself
    } else if (sscanf(command, "stall %d", &stalled) != 1) {
        fprintf(to, "what is \"%s\"?", command);
    }
    fputc('\n', to);
    fflush(to);
}

// Bytes from the host, not faster than the line carries them.
static void feed(void) {
    uint8_t byte;
    if (stalled || held || avr->cycle < line_free || read(pty, &byte, 1) != 1) return;
    avr_raise_irq(rx, byte);
    heard = line_free = avr->cycle + BYTE_CYCLES;
}

static void serve(int listener) {
    static FILE *from, *to;
    static char command[256];
    if (!from) {
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (client < 0) return;
        from = fdopen(client, "r");
        to = fdopen(dup(client), "w");
        fcntl(client, F_SETFL, 0);
    }
    struct pollfd ready = {.fd = fileno(from), .events = POLLIN};
    while (poll(&ready, 1, 0) > 0) {
        if (!fgets(command, sizeof command, from)) {
            fclose(from);
            fclose(to);
            from = NULL;
            return;
        }
        command[strcspn(command, "\n")] = 0;
        answer(command, to);
    }
}

static unsigned long long wall_cycles(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * FREQUENCY + now.tv_nsec * (FREQUENCY / 1000000) / 1000;
}

static void on_log(avr_t *the_avr, const int level, const char *format, va_list words) {
    (void)the_avr;
    if (level <= LOG_ERROR) vfprintf(stderr, format, words);
}

static int die(const char *words) {
    fprintf(stderr, "emulator: %s (%s)\n", words, strerror(errno));
    return 2;
}

int main(int count, char **arguments) {
    elf_firmware_t firmware = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    int slave;
    if (count != 3) return die("usage: emulator FIRMWARE.elf CONTROL_SOCKET");
    signal(SIGPIPE, SIG_IGN);
    avr_global_logger_set(on_log);
    if (elf_read_firmware(arguments[1], &firmware)) return die("the firmware cannot be read");
    avr = avr_make_mcu_by_name("atmega328p");
    avr_init(avr);
    core_reset = avr->reset;
    avr->reset = on_reset;
    firmware.frequency = FREQUENCY;
    avr_load_firmware(avr, &firmware);
    avr->run_cycle_limit = SLICE / 4;
    avr->data[MCUSR] = causes[0].flag;

    uint32_t flags = 0;  // no echo to the terminal, no sleeping when the firmware polls
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    rx = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_sent, NULL);
    static const avr_io_addr_t pin_registers[3] = {0x23, 0x26, 0x29};
    for (int port = 0; port < 3; port++) {
        for (int bit = 0; bit < 8; bit++)
            avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B' + port), bit), on_pin,
                                    (void *)(intptr_t)(port * 8 + bit));
        int io = AVR_DATA_TO_IO(pin_registers[port]);
        shorts[port].read = avr->io[io].r.c;
        shorts[port].param = avr->io[io].r.param;
        avr->io[io].r.c = on_read;
        avr->io[io].r.param = (void *)(intptr_t)port;
    }
    set_input(0, 0, 1);  // trigger, start, door and emergency stop: all contacts open
    set_input(2, 2, 1);
    set_input(2, 4, 1);
    set_input(2, 7, 1);

    struct termios raw;
    if (openpty(&pty, &slave, name, NULL, NULL)) return die("no pty");
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);  // the slave stays open: a host may come and go
    fcntl(pty, F_SETFL, O_NONBLOCK);
    strncpy(address.sun_path, arguments[2], sizeof address.sun_path - 1);
    unlink(arguments[2]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) return die("no socket");
    puts(name);
    fflush(stdout);

    unsigned long long epoch = wall_cycles() - avr->cycle, ticked = 0;
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    while (getppid() != 1) {  // not longer than who started it
        serve(listener);
        feed();
        char ticks[64];
        if (read(STDIN_FILENO, ticks, sizeof ticks) > 0) ticked = wall_cycles();
        if (ticked && wall_cycles() - ticked > TICKS) {
            usleep(1000);
            continue;
        }
        avr_cycle_count_t until = avr->cycle + SLICE / 4;
        if (held) avr->cycle += SLICE / 4;
        while (!held && avr->cycle < until) {
            int state = avr_run(avr);
            if (state == cpu_Done || state == cpu_Crashed) return die("the firmware crashed");
        }
        long long ahead = (long long)(avr->cycle - (wall_cycles() - epoch));
        if (ahead < -(long long)LATE) epoch -= ahead;
        else if (ahead > SLICE) usleep(ahead / (FREQUENCY / 1000000));
    }
    return 0;
}
