# Generic netlink (linux/netlink.h, linux/genetlink.h): commands to the kernel's parts, and what they tell of themselves.

my ($AF_NETLINK, $SOCK_RAW, $NETLINK_GENERIC, $SOL_NETLINK, $NETLINK_ADD_MEMBERSHIP) = (16, 3, 16, 270, 1);
my ($NLMSG_ERROR, $NLM_F_REQUEST, $NLM_F_ACK, $NLA_F_NESTED) = (2, 1, 4, 0x8000);
my ($GENL_ID_CTRL, $CTRL_CMD_GETFAMILY) = (16, 3);
my ($CTRL_ATTR_FAMILY_ID, $CTRL_ATTR_FAMILY_NAME, $CTRL_ATTR_MCAST_GROUPS, $CTRL_ATTR_MCAST_GRP_ID) = (1, 2, 7, 2);
my ($ENOENT, $EINTR, $ENOBUFS) = (2, 4, 105);

my $sequence = 0;

sub attribute {
    my ($type, $value) = @_;
    my $length = 4 + length $value;
    return pack('S S', $length, $type) . $value . "\0" x (-$length % 4);
}

sub nested {
    my ($type, $value) = @_;
    return attribute($type | $NLA_F_NESTED, $value);
}

# Attributes as a hash: type => content.
sub attributes {
    my ($text) = @_;
    my %found;
    while (length $text >= 4) {
        my ($length, $type) = unpack 'S S', $text;
        last if $length < 4 || $length > length $text;
        $found{ $type & 0x3fff } = substr $text, 4, $length - 4;
        substr $text, 0, rounded($length, length $text), '';
    }
    return \%found;
}

# Messages and attributes begin at multiples of 4; what follows the last of them may be missing.
sub rounded {
    my ($length, $limit) = @_;
    $length = ($length + 3) & ~3;
    return $length < $limit ? $length : $limit;
}

# The messages of a datagram, each [type, sequence number, payload].
sub messages {
    my ($datagram) = @_;
    my @found;
    while (length $datagram >= 16) {
        my ($length, $type, $number) = unpack 'L S x2 L', $datagram;
        last if $length < 16 || $length > length $datagram;
        push @found, [$type, $number, substr $datagram, 16, $length - 16];
        substr $datagram, 0, rounded($length, length $datagram), '';
    }
    return @found;
}

sub netlink_socket {
    socket my $socket, $AF_NETLINK, $SOCK_RAW, $NETLINK_GENERIC or die "no netlink: $!\n";
    bind $socket, pack 'S S L L', $AF_NETLINK, 0, 0, 0 or die "no netlink: $!\n";
    return $socket;
}

# Sends a command of a family. Gives 0 and the attributes of the reply, if it has any, or the kernel's error number.
sub ask {
    my ($socket, $family, $command, $body) = @_;
    my $payload = pack('C C S', $command, 1, 0) . $body;
    my $number = ++$sequence;
    my $head = pack 'L S S L L', 16 + length $payload, $family, $NLM_F_REQUEST | $NLM_F_ACK, $number, 0;
    send $socket, $head . $payload, 0 or return $! + 0;
    my $reply = '';
    while (1) {
        defined recv $socket, my $datagram, 65536, 0 or return $! + 0;
        for my $message (grep { $_->[1] == $number } messages($datagram)) {
            my ($type, undef, $content) = @$message;
            return (-unpack('l', $content), attributes($reply)) if $type == $NLMSG_ERROR;
            $reply = substr $content, 4;
        }
    }
}

# Asks the kernel for the number of a family, and that of the first of its multicast groups.
sub family {
    my ($socket, $name) = @_;
    my ($error, $found) = ask($socket, $GENL_ID_CTRL, $CTRL_CMD_GETFAMILY, attribute($CTRL_ATTR_FAMILY_NAME, "$name\0"));
    die "the kernel's module $name is not loaded\n" if $error == $ENOENT;
    die "the kernel does not tell of $name: " . words_for($error) . "\n" if $error;
    my $group = attributes($found->{$CTRL_ATTR_MCAST_GROUPS})->{1};
    return (unpack('S', $found->{$CTRL_ATTR_FAMILY_ID}), unpack 'L', attributes($group)->{$CTRL_ATTR_MCAST_GRP_ID});
}

sub join_group {
    my ($socket, $group) = @_;
    setsockopt $socket, $SOL_NETLINK, $NETLINK_ADD_MEMBERSHIP, pack 'L', $group or die "no netlink events: $!\n";
}

# Waits for messages of the groups that were joined; gives nothing when the kernel had more to say than we could hear.
sub heard {
    my ($socket) = @_;
    while (1) {
        my $heard = defined recv $socket, my $datagram, 65536, 0;
        return messages($datagram) if $heard;
        return if $! == $ENOBUFS;
        die "netlink: $!\n" if $! != $EINTR;
    }
}

sub words_for {
    local $! = $_[0];
    return "$!";
}

1;
