using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Nats;
using CimStore.Nats.Commands;
using CimStore.Nats.Events;
using CimStore.Nats.Foreign;
using CimStore.Nats.Journal;
using CimStore.Translation;

namespace CimStore.Server.Configuration;

/// <summary>Reads the section <c>nats</c> of the file.</summary>
internal sealed class NatsReader(JsonSource source, string folder, ConfigurationFindings findings)
{
    public static readonly ImmutableArray<(string Word, string Value)> Profiles =
        [("cim", "cim"), ("cim-start", "cim-start"), ("alchemist", "alchemist")];

    public static readonly ImmutableArray<(string Word, EventFormat Value)> Formats =
        [("json", EventFormat.Json), ("dag-cbor", EventFormat.DagCbor)];

    private const int ServersMax = 32;
    private const int TextLengthMax = 1024;
    private const int TokenLengthMax = 63;
    private const int StreamLengthMax = 255;
    private const string NotOfStreams = " .*>/\\";

    /// <returns>Null when the file has no such section.</returns>
    public NatsConfiguration? Read()
    {
        // What else the root lacks or has is told by who reads it.
        if (source.Root.Find("nats")?.Value is not { Kind: not JsonValueKind.Null } section)
        {
            return null;
        }

        var nats = new ObjectReader(section, ConfigurationKeys.Nats, findings);
        var profile = Profile(nats);
        var read = new NatsConfiguration
        {
            Servers = Servers(nats),
            User = nats.Text("user", TextLengthMax),
            PasswordReference = Reference(nats, "passwordReference"),
            TokenReference = Reference(nats, "tokenReference"),
            SeedReference = Reference(nats, "seedReference"),
            CredentialsPath = PathAt(nats, "credentialsPath"),
            AuthorityPath = PathAt(nats, "authorityPath"),
            CertificatePath = PathAt(nats, "certificatePath"),
            CertificateKeyPath = PathAt(nats, "certificateKeyPath"),
            Domain = nats.Text("domain", TokenLengthMax),
            Commands = nats.Find("commands") is null || nats.Flag("commands"),
            Events = nats.Find("events") is null || nats.Flag("events"),
            Cluster = Cluster(nats.Object("cluster", ConfigurationKeys.Cluster)),
            Service = Service(nats, profile),
            Outbox = Outbox(nats, profile),
            Foreign = nats.Flag("foreign"),
            Intake = Intake(nats, profile),
        };
        RequireOneCredential(nats, read);
        if (read is { Foreign: false, Intake.Stream: not null })
        {
            findings.Error(nats.Find("foreignStream")!, "It is read when \"foreign\" is true, and only then.");
        }

        return read;
    }

    private ClusterConfiguration? Cluster(ObjectReader? cluster)
    {
        if (cluster is null)
        {
            return null;
        }

        var otherwise = new JournalOptions();
        var replicas = cluster.Count("replicas", 1, 5, otherwise.Replicas);
        if (replicas == 2)
        {
            findings.Error(
                cluster.Find("replicas")!,
                "Found 2; allowed is 1, 3, 4 or 5: with 2 the loss of either stops writing.");
            replicas = 1;
        }

        return new ClusterConfiguration(
            new JournalOptions
            {
                Stream = SubjectToken(cluster, "stream", otherwise.Stream),
                SubjectPrefix = Prefix(cluster, otherwise.SubjectPrefix),
                Replicas = replicas,
                ServersSyncAlways = cluster.Flag("serversSyncAlways"),
            },
            cluster.Duration("leaseTerm", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), TimeSpan.FromSeconds(15)));
    }

    private string Prefix(ObjectReader cluster, string otherwise)
    {
        if (cluster.Text("subjectPrefix", TextLengthMax) is not { } text)
        {
            return otherwise;
        }

        var isSubject = text.Split('.').All(static token => token.Length > 0
            && token.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'));
        if (isSubject && text.Split('.')[0] is not ("events" or "commands" or "reads"))
        {
            return text;
        }

        findings.Error(
            cluster.Find("subjectPrefix")!,
            $"Found \"{text}\"; allowed are tokens of a subject joined by dots, outside of events, commands and "
            + "reads.");
        return otherwise;
    }

    private static StorageServiceOptions Service(ObjectReader nats, SubjectProfile profile)
    {
        var otherwise = new StorageServiceOptions();
        return new StorageServiceOptions
        {
            Profile = profile,
            CommandsInFlightMax = nats.Count("commandsInFlightMax", 1, 4096, otherwise.CommandsInFlightMax),
            BytesInFlightMax = nats.Size("bytesInFlightMax", 1L << 16, 1L << 34, otherwise.BytesInFlightMax),
            DeadlineDefault = nats.Duration(
                "deadlineDefault", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), otherwise.DeadlineDefault),
            DeadlineMax = nats.Duration(
                "deadlineMax", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), otherwise.DeadlineMax),
        };
    }

    private static EventOutboxOptions Outbox(ObjectReader nats, SubjectProfile profile)
    {
        var otherwise = new EventOutboxOptions();
        return new EventOutboxOptions
        {
            Profile = profile,
            Format = nats.Word("eventFormat", Formats, otherwise.Format),
            PublishesInFlightMax = nats.Count("publishesInFlightMax", 1, 4096, otherwise.PublishesInFlightMax),
            Replicas = nats.Count("replicas", 1, 5, otherwise.Replicas),
            EventAgeMax = nats.Duration(
                "eventAgeMax", TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650), otherwise.EventAgeMax),
            ReadAgeMax = nats.Duration(
                "readAgeMax", TimeSpan.FromMinutes(1), TimeSpan.FromDays(365), otherwise.ReadAgeMax),
        };
    }

    private ForeignIntakeOptions Intake(ObjectReader nats, SubjectProfile profile)
    {
        var otherwise = new ForeignIntakeOptions();
        var subject = Subject(nats, "foreignSubject");
        var stream = nats.Text("foreignStream", StreamLengthMax);
        if (stream is not null && stream.Any(static letter => NotOfStreams.Contains(letter, StringComparison.Ordinal)))
        {
            findings.Error(
                nats.Find("foreignStream")!, $"Found \"{stream}\"; a stream has none of . * > / \\ or space.");
        }

        if ((nats.Find("foreignStream") is null) != (nats.Find("foreignSubject") is null))
        {
            findings.Error(nats.Node, "foreignStream and foreignSubject belong together.");
        }

        return new ForeignIntakeOptions
        {
            Profile = profile,
            EventsInFlightMax = nats.Count("foreignEventsInFlightMax", 1, 1024, otherwise.EventsInFlightMax),
            Stream = stream,
            StreamSubject = subject,
            Replicas = nats.Count("replicas", 1, 5, otherwise.Replicas),
        };
    }

    private SubjectPattern? Subject(ObjectReader nats, string key)
    {
        if (nats.Text(key, SubjectPattern.LengthMax) is not { } text)
        {
            return null;
        }

        if (SubjectPattern.TryParse(text, out var pattern, out var reason))
        {
            return pattern;
        }

        findings.Error(nats.Find(key)!, $"Found \"{text}\", which is no subject: {reason}.");
        return null;
    }

    private SubjectProfile Profile(ObjectReader nats)
    {
        var environment = SubjectToken(nats, "environment", "dev");
        var module = SubjectToken(nats, "module", "persistence");
        return nats.Word("profile", Profiles, "cim") switch
        {
            "cim-start" => new SubjectProfile.CimStart(environment),
            "alchemist" => new SubjectProfile.Alchemist(module),
            _ => SubjectProfile.Default,
        };
    }

    private string SubjectToken(ObjectReader nats, string key, string otherwise)
    {
        if (nats.Text(key, TokenLengthMax) is not { } text)
        {
            return otherwise;
        }

        if (text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
        {
            return text;
        }

        findings.Error(nats.Find(key)!, $"Found \"{text}\"; allowed is one token of a subject: letters, digits, - _.");
        return otherwise;
    }

    private List<Uri> Servers(ObjectReader nats)
    {
        const string Allowed = "1..32 addresses nats://HOST:PORT or tls://HOST:PORT";
        List<Uri> servers = [];
        if (nats.Require("servers", Allowed) is not { } list)
        {
            return servers;
        }

        foreach (var item in nats.Items(list, Allowed))
        {
            if (item.Kind == JsonValueKind.String && Uri.TryCreate(item.Text, UriKind.Absolute, out var uri)
                && uri.Scheme is "nats" or "tls" && uri.UserInfo.Length == 0 && uri.PathAndQuery is "/" or "")
            {
                servers.Add(uri);
            }
            else
            {
                findings.Error(item, $"Found {item.Describe()}; allowed is {Allowed}, without user and password.");
            }
        }

        if (list.Kind == JsonValueKind.Array && list.Items.Length is 0 or > ServersMax)
        {
            findings.Error(list, $"Found {list.Items.Length} addresses; allowed is {Allowed}.");
        }

        return servers;
    }

    private string? Reference(ObjectReader nats, string key)
    {
        if (nats.Text(key, TextLengthMax) is not { } text || text.StartsWith("env:", StringComparison.Ordinal)
            || text.StartsWith("file:", StringComparison.Ordinal))
        {
            return nats.Text(key, TextLengthMax);
        }

        // Not shown: it may be the secret itself.
        findings.Error(nats.Find(key)!, "Found something else; allowed is env:NAME or file:PATH, never the secret.");
        return null;
    }

    private string? PathAt(ObjectReader nats, string key) =>
        nats.Text(key, TextLengthMax) is { } path ? Path.GetFullPath(path, folder) : null;

    private void RequireOneCredential(ObjectReader nats, NatsConfiguration read)
    {
        var given = new[]
        {
            read.User ?? read.PasswordReference, read.TokenReference, read.SeedReference, read.CredentialsPath,
        };
        if (given.Count(static one => one is not null) > 1 || (read.User is null) != (read.PasswordReference is null))
        {
            findings.Error(
                nats.Node,
                "Allowed is one way to say who it is: user with passwordReference, tokenReference, seedReference, or "
                + "credentialsPath.");
        }

        if ((read.CertificatePath is null) != (read.CertificateKeyPath is null))
        {
            findings.Error(nats.Node, "certificatePath and certificateKeyPath belong together.");
        }
    }
}
