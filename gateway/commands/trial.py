"""Changes a configuration so that it can be tried out: with fewer cameras, and with the simulated school's port."""

from dataclasses import replace
from urllib.parse import urlsplit

from gateway.config_loader import Loaded
from gateway.configuration.agreement_settings import AgreementSettings
from gateway.configuration.site_settings import CameraSettings, SiteSettings, StreamSettings
from gateway.floorplan.document import with_cameras


def limit_cameras(loaded: Loaded, count: int) -> Loaded:
    """Keep only the first ``count`` cameras of the district, in configuration order.

    The others disappear from settings, agreements and plans alike, so that a small machine can try the configuration.
    """
    kept = {camera.id for camera in [c for site in loaded.settings.sites for c in site.cameras][:count]}

    def fewer(site: SiteSettings) -> SiteSettings:
        return site.model_copy(update={"cameras": tuple(c for c in site.cameras if c.id in kept)})

    def shorter(agreement: AgreementSettings) -> AgreementSettings:
        named = {camera: policy for camera, policy in agreement.cameras.items() if camera in kept}
        return agreement.model_copy(update={"cameras": named})

    settings = loaded.settings.model_copy(
        update={
            "sites": tuple(map(fewer, loaded.settings.sites)),
            "agreements": tuple(map(shorter, loaded.settings.agreements)),
        }
    )
    plans = {
        site: replace(plan, cameras=tuple(c for c in plan.cameras if c.id in kept))
        for site, plan in loaded.plans.items()
    }
    documents = {site: with_cameras(document, kept.__contains__) for site, document in loaded.documents.items()}
    return Loaded(settings, plans, documents)


def with_rtsp_port(loaded: Loaded, port: int) -> Loaded:
    """Move every camera to another port of its host, as a simulated school needs."""

    def moved(stream: StreamSettings) -> StreamSettings:
        parts = urlsplit(stream.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return StreamSettings(url=parts._replace(netloc=f"{host}:{port}").geturl())

    def camera(one: CameraSettings) -> CameraSettings:
        return one.model_copy(update={"main": moved(one.main), "sub": moved(one.sub) if one.sub else None})

    sites = tuple(
        site.model_copy(update={"cameras": tuple(map(camera, site.cameras))}) for site in loaded.settings.sites
    )
    return replace(loaded, settings=loaded.settings.model_copy(update={"sites": sites}))
