# Connecting to an NBD server: the fixed newstyle negotiation of the NBD protocol (doc/proto.md of the NBD project).
# The server is not trusted: what it sends is bounded in time and in length.

# sys/socket.h, netinet/tcp.h, errno.h; the same on x86, ARM and RISC-V
my ($AF_INET, $SOCK_STREAM, $IPPROTO_TCP, $SOL_SOCKET) = (2, 1, 6, 1);
my ($SO_KEEPALIVE, $SO_RCVTIMEO, $SO_SNDTIMEO) = (9, 20, 21);
my ($TCP_NODELAY, $TCP_KEEPIDLE, $TCP_KEEPINTVL, $TCP_KEEPCNT) = (1, 4, 5, 6);
my ($EINTR, $EAGAIN, $EINPROGRESS) = (4, 11, 115);
# The protocol's own
my ($FIXED_NEWSTYLE, $NO_ZEROES, $OPT_GO, $OPTION_REPLY) = (1, 2, 7, pack 'H*', '0003e889045565a9');
my ($REP_ACK, $REP_INFO, $REP_ERROR, $INFO_EXPORT) = (1, 3, 0x80000000, 0);
my ($ERR_UNSUP, $ERR_POLICY, $ERR_TLS_REQD, $ERR_UNKNOWN) = map { $REP_ERROR + $_ } 1, 2, 5, 6;
my ($FLAG_HAS_FLAGS, $FLAG_READ_ONLY) = (1, 2);

# Connecting, and then the whole of the negotiation; tests have less patience.
our $ANSWER_SECONDS = 10;
# An idle connection whose server went without a word is found before somebody waits for it.
my ($IDLE_SECONDS, $PROBE_SECONDS, $PROBES) = (30, 5, 3);
# No reply of the negotiation has reason to be longer.
my $LONGEST_REPLY_BYTES = 4096;
my $SECTOR_BYTES = 512;

sub set_timeouts {
    my ($socket, $seconds) = @_;
    setsockopt $socket, $SOL_SOCKET, $_, pack 'l! l!', $seconds, 0 for $SO_RCVTIMEO, $SO_SNDTIMEO;
}

sub connected {
    my ($to) = @_;
    socket my $socket, $AF_INET, $SOCK_STREAM, $IPPROTO_TCP or die "no socket: $!\n";
    set_timeouts($socket, $ANSWER_SECONDS);
    setsockopt $socket, $SOL_SOCKET, $SO_KEEPALIVE, 1;
    my %options = ($TCP_NODELAY => 1, $TCP_KEEPIDLE => $IDLE_SECONDS, $TCP_KEEPINTVL => $PROBE_SECONDS, $TCP_KEEPCNT => $PROBES);
    setsockopt $socket, $IPPROTO_TCP, $_, $options{$_} for keys %options;
    return $socket if connect $socket, pack 'S n a4 x8', $AF_INET, $to->{port}, $to->{address};
    die "no connection: no answer in $ANSWER_SECONDS s\n" if $! == $EINPROGRESS || $! == $EAGAIN;
    die "no connection: $!\n";
}

sub receive {
    my ($socket, $count, $deadline) = @_;
    my $text = '';
    while (length $text < $count) {
        my $got = sysread $socket, $text, $count - length $text, length $text;
        # A server that sends a byte now and then must not hold us for ever either.
        die "it gives no answer in $ANSWER_SECONDS s\n" if time > $deadline || !defined $got && $! == $EAGAIN;
        next if !defined $got && $! == $EINTR;
        die "it broke off: $!\n" if !defined $got;
        die "it ended the connection\n" if $got == 0;
    }
    return $text;
}

sub transmit {
    my ($socket, $text) = @_;
    my $sent = syswrite $socket, $text;
    die "it does not take our words\n" if !defined $sent || $sent != length $text;
}

# Negotiates over a connected socket; gives the export's size in bytes and its transmission flags.
sub negotiate {
    my ($socket, $to) = @_;
    my $deadline = time + $ANSWER_SECONDS;
    my ($magic, $option_magic, $flags) = unpack 'a8 a8 n', receive($socket, 18, $deadline);
    die "it is no NBD server\n" if $magic ne 'NBDMAGIC' || $option_magic ne 'IHAVEOPT';
    die "it is too old: no fixed newstyle negotiation\n" if !($flags & $FIXED_NEWSTYLE);
    my $data = pack 'N a* n', length $to->{export}, $to->{export}, 0;
    transmit($socket, pack('N a8 N N', $flags & ($FIXED_NEWSTYLE | $NO_ZEROES), 'IHAVEOPT', $OPT_GO, length $data) . $data);
    my ($size, $transmission);
    while (1) {
        my ($reply_magic, $option, $type, $length) = unpack 'a8 N N N', receive($socket, 20, $deadline);
        die "its reply makes no sense\n"
            if $reply_magic ne $OPTION_REPLY || $option != $OPT_GO || $length > $LONGEST_REPLY_BYTES;
        my $text = receive($socket, $length, $deadline);
        last if $type == $REP_ACK;
        die refusal($type, $text, $to) . "\n" if $type >= $REP_ERROR;
        ($size, $transmission) = unpack 'x2 Q> n', $text
            if $type == $REP_INFO && $length == 12 && unpack('n', $text) == $INFO_EXPORT;
    }
    die "it does not tell the export's size\n" if !defined $size || !($transmission & $FLAG_HAS_FLAGS);
    die "the export is empty\n" if $size < $SECTOR_BYTES;
    die "it gives the export read-only\n" if $to->{access} eq 'rw' && $transmission & $FLAG_READ_ONLY;
    $transmission |= $FLAG_READ_ONLY if $to->{access} eq 'ro';
    return ($size, $transmission);
}

sub refusal {
    my ($type, $text, $to) = @_;
    return "it has no export $to->{export}" if $type == $ERR_UNKNOWN;
    return "it denies access to $to->{export}" if $type == $ERR_POLICY;
    return 'it wants TLS, which nbd-attach does not have' if $type == $ERR_TLS_REQD;
    return 'it is too old: it does not know NBD_OPT_GO' if $type == $ERR_UNSUP;
    $text =~ tr/ -~//cd;
    return sprintf 'it refuses (error %d): %s', $type - $REP_ERROR, substr $text, 0, 200;
}

1;
