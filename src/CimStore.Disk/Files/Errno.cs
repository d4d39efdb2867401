namespace CimStore.Disk.Files;

/// <summary>The Linux error numbers that we name; the same on x64 and arm64.</summary>
internal static class Errno
{
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int Again = 11;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int TooLarge = 27;
    public const int NoSpace = 28;
    public const int IllegalSeek = 29;
    public const int ReadOnly = 30;
    public const int NotImplemented = 38;
    public const int NoData = 61;
    public const int BadMessage = 74;
    public const int IllegalSequence = 84;
    public const int NotSupported = 95;
    public const int NeedsCleaning = 117;
    public const int Quota = 122;

    public static string Name(int errno) => errno switch
    {
        NoEntry => "ENOENT",
        Interrupted => "EINTR",
        InputOutput => "EIO",
        Again => "EAGAIN",
        Exists => "EEXIST",
        Invalid => "EINVAL",
        TooLarge => "EFBIG",
        NoSpace => "ENOSPC",
        IllegalSeek => "ESPIPE",
        ReadOnly => "EROFS",
        NotImplemented => "ENOSYS",
        NoData => "ENODATA",
        BadMessage => "EBADMSG",
        IllegalSequence => "EILSEQ",
        NotSupported => "EOPNOTSUPP",
        NeedsCleaning => "EUCLEAN",
        Quota => "EDQUOT",
        _ => $"errno {errno}",
    };
}
